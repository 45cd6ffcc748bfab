import { CompiledQuery } from 'kysely'
import type { Pool } from 'pg'
import { isCluster } from '../../database/cluster/cluster.ts'
import type { Db } from '../../database/db.ts'
import { prepared } from '../../database/hosts/prepared.ts'
import type { PaymentRow } from '../../database/schema.ts'
import type { Account } from '../../domain/account.ts'
import { paymentColumns } from '../view/columns.ts'

/** A payment to read. */
export interface ReadEntry {
  readonly account: Account
  readonly id: string
}

// LATERAL does one look-up by the key per argument, whatever statistics the planner has. Columns are read by
// position, which costs this process half as much.
const statementOf = ({ isCluster }: { isCluster: boolean }) => `
select r.n::integer as n, ${paymentColumns.map((name) => `p.${name}`).join(', ')}
from unnest($1::text[], $2::boolean[], $3::text[])
    with ordinality as r (merchant_id, livemode, id, n)
  cross join lateral (
    select * from payments p
    where p.merchant_id = r.merchant_id and p.livemode = r.livemode and p.id = r.id
      ${isCluster ? 'and p.merchant_id = $4::text and p.livemode = $5::boolean' : ''}
    limit 1
  ) p`

const texts = {
  one: prepared('read-payments', statementOf({ isCluster: false })),
  cluster: prepared('read-payments-in-cluster', statementOf({ isCluster: true })),
}

/** The arguments of the statement. */
function valuesOf(entries: readonly ReadEntry[], { isCluster }: { isCluster: boolean }): unknown[] {
  const account = entries[0]?.account
  return [
    entries.map((entry) => entry.account.merchantId),
    entries.map((entry) => entry.account.livemode),
    entries.map((entry) => entry.id),
    ...(isCluster ? [account?.merchantId, account?.livemode] : []),
  ]
}

/**
 * Reads payments in one statement of a background worker. In a cluster, all entries have the same merchant
 * and mode.
 *
 * @returns the payments in the order of the entries; `undefined` where there is none.
 */
export async function readPayments(
  db: Db,
  entries: readonly ReadEntry[],
): Promise<(PaymentRow | undefined)[]> {
  const inCluster = isCluster(db)
  const values = valuesOf(entries, { isCluster: inCluster })
  const text = inCluster ? texts.cluster : texts.one
  const { rows } = await db.executeQuery<PaymentRow & { n: number }>(
    CompiledQuery.raw(text, values),
  )
  const found = new Array<PaymentRow | undefined>(entries.length)
  for (const { n, ...row } of rows) found[n - 1] = row
  return found
}

/** Reads payments by their ids, prepared once per connection. */
export class PaymentReader {
  readonly #pool: Pool
  readonly #isCluster: boolean
  readonly #query: { readonly name: string; readonly text: string; readonly rowMode: 'array' }

  constructor({ pool, isCluster }: { pool: Pool; isCluster: boolean }) {
    this.#pool = pool
    this.#isCluster = isCluster
    const text = isCluster ? texts.cluster : texts.one
    const name = isCluster ? 'read-payments-in-cluster' : 'read-payments'
    this.#query = { name, text, rowMode: 'array' }
  }

  /**
   * Reads payments in one statement. In a cluster, all entries have the same merchant and mode.
   *
   * @returns the payments in the order of the entries; `undefined` where there is none.
   */
  async read(entries: readonly ReadEntry[]): Promise<(PaymentRow | undefined)[]> {
    const values = valuesOf(entries, { isCluster: this.#isCluster })
    const { rows } = await this.#pool.query<unknown[]>({ ...this.#query, values })
    const found = new Array<PaymentRow | undefined>(entries.length)
    for (const [n, ...read] of rows) found[(n as number) - 1] = toRow(read)
    return found
  }
}

function toRow(values: readonly unknown[]): PaymentRow {
  const row: Partial<Record<keyof PaymentRow, unknown>> = {}
  for (let i = 0; i < paymentColumns.length; i++)
    row[paymentColumns[i] as keyof PaymentRow] = values[i]
  return row as unknown as PaymentRow
}
