import { type RawBuilder, sql } from 'kysely'
import { isCluster, onNode } from '../database/cluster/cluster.ts'
import type { Db } from '../database/db.ts'
import { type Account, groupByAccount } from '../domain/account.ts'
import type { SealableEvent } from './rows.ts'

/**
 * Events `e` with their transfers, and with the amount of the payment that they create. Times are seconds
 * since 1970, so no setting of a session changes them.
 */
const withTransfers = (
  events: RawBuilder<unknown>,
  onNodeOf: (name: string) => RawBuilder<unknown> = () => sql``,
) => sql<SealableEvent>`
  select e.position::text as position, e.merchant_id, e.livemode, e.subject_id, e.sequence, e.type,
    extract(epoch from e.created_at)::bigint::text as created_at, e.actor_type, e.actor_id,
    e.from_status, e.to_status, e.state, created.amount, created.currency,
    coalesce(t.transfers, '[]'::json) as transfers
  from (${events}) e
    left join lateral (
      select p.amount, p.currency from payments p
      where e.type = 'payment.created' and p.merchant_id = e.merchant_id
        and p.livemode = e.livemode and p.id = e.subject_id ${onNodeOf('p')}
      limit 1
    ) created on true
    cross join lateral (
      select json_agg(json_build_object('kind', kind, 'debit_account', debit_account,
        'credit_account', credit_account, 'amount', amount::text, 'currency', currency,
        'created_at', extract(epoch from created_at)::bigint::text) order by kind) as transfers
      from ledger_transfers where merchant_id = e.merchant_id and livemode = e.livemode
        and payment_id = e.subject_id and event_sequence = e.sequence ${onNodeOf('ledger_transfers')}
    ) t
  order by e.position`

/** Events behind a position, up to another one. */
interface Range {
  readonly after: string
  readonly through: string
  readonly limit: number
}

/** The next events of all merchants. In a cluster, those of each account come together. */
export async function findNextEvents(db: Db, range: Range): Promise<SealableEvent[]> {
  if (isCluster(db)) return await findInCluster(db, range)
  const { after, through, limit } = range
  // The end is compared outside of the limit: inside, the planner expects few events, and sorts all.
  const { rows } = await withTransfers(sql`
    select * from (
      select * from events where position > ${after}::bigint order by position limit ${limit}
    ) next where position <= ${through}::bigint`).execute(db)
  return rows
}

/** Finds the next events on all nodes, and then reads those of each account on its node. */
async function findInCluster(db: Db, { after, through, limit }: Range): Promise<SealableEvent[]> {
  const { rows } = await sql<{ merchant_id: string; livemode: boolean; position: string }>`
    select merchant_id, livemode, position::text as position from events
    where position > ${after}::bigint and position <= ${through}::bigint
    order by events.position limit ${limit}`.execute(db)
  const last = rows.at(-1)
  if (!last) return []
  const range = { after: BigInt(after), through: BigInt(last.position), limit }
  const events: SealableEvent[] = []
  for (const [account] of groupByAccount(rows)) {
    events.push(...(await findEventsOf(db, { account, ...range })))
  }
  return events
}

/**
 * The events of a merchant and mode behind a position, up to another one. Comparisons of rows, because with
 * constants the planner may walk the index on the position alone, which has those of all merchants.
 */
export async function findEventsOf(
  db: Db,
  given: { account: Account; after: bigint; through: bigint; limit: number },
): Promise<SealableEvent[]> {
  const { account, after, through, limit } = given
  const onNodeOf = (name: string) => onNode(db, name, account)
  const events = sql`
    select * from events
    where (merchant_id, livemode, position)
        > (${account.merchantId}, ${account.livemode}::boolean, ${String(after)}::bigint)
      and (merchant_id, livemode, position)
        <= (${account.merchantId}, ${account.livemode}::boolean, ${String(through)}::bigint)
      ${onNodeOf('events')}
    order by merchant_id, livemode, position limit ${limit}`
  const { rows } = await withTransfers(events, onNodeOf).execute(db)
  return rows
}
