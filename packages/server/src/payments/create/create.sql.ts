import { idPrefixes, type PaymentId } from '@hedgepayments/contract'
import { CompiledQuery, sql } from 'kysely'
import type { Pool } from 'pg'
import type { Db } from '../../database/db.ts'
import type { Account } from '../../domain/account.ts'
import { randomCharacters } from '../../domain/ids.ts'
import type { Timestamp } from '../../domain/time.ts'
import type { LeaseToken } from '../../idempotency/lease.sql.ts'
import { randomLength } from '../../lists/ids.sql.ts'
import { createRows, type NewPayment, requestedColumns } from '../transition/create-row.sql.ts'
import type { CreatedPlaceholders } from './created-answer.ts'
import type { MerchantDefaults } from './merchant-defaults.sql.ts'

/**
 * Seconds until a payment expires, unless the request says otherwise: an hour. The creation time is cut
 * to a whole second, so one more second keeps the hour whole. Source: `expires_at` in the contract.
 */
const expirySecondsDefault = 3_600 + 1

/** The record of an idempotency key that is inserted with a payment. */
export interface CreateRecord {
  readonly key: string
  readonly requestHash: Buffer
  /** The answer for replays, or the length of the lease while the request has no answer. */
  readonly content: StoredAnswer | { readonly leaseSeconds: number }
}

/** An answer, with placeholders for the values that the statement decides. */
interface StoredAnswer {
  readonly body: string
  readonly placeholders: CreatedPlaceholders
}

/** A payment to insert. */
export interface CreateEntry {
  readonly payment: NewPayment
  /** The API key that creates it; `null`: the customer does. */
  readonly actorId: string | null
  readonly record: CreateRecord | null
  /** What the request was checked with; `null`: what no setting of the merchant can change. */
  readonly checkedWith: MerchantDefaults | null
}

/** A payment that was inserted. */
export interface Inserted {
  readonly id: PaymentId
  readonly createdAt: Timestamp
  readonly expiresAt: Timestamp
  /** The fencing token of the lease on the idempotency key, where the record has no answer yet. */
  readonly leaseToken: LeaseToken | null
}

/** The outcome of a create. All but `inserted` have changed nothing. */
export type CreateOutcome =
  | { readonly kind: 'inserted'; readonly inserted: Inserted }
  /** The idempotency key has a record already. */
  | { readonly kind: 'recorded' }
  /** The merchant's settings are not those that the request was checked with. */
  | { readonly kind: 'changed'; readonly defaults: MerchantDefaults }

type Column = readonly [name: string, type: string, value: (entry: CreateEntry) => unknown]

const storedOf = ({ record }: CreateEntry) =>
  record && 'body' in record.content ? record.content : null
const leaseOf = ({ record }: CreateEntry) =>
  record && 'leaseSeconds' in record.content ? record.content.leaseSeconds : null

/** The arguments of the statement: one array for each column of a request. */
const columns: readonly Column[] = [
  ...requestedColumns.map(([name, type]): Column => {
    const value = ({ payment }: CreateEntry) => payment[name]
    return [name, type, type === 'jsonb' ? (entry) => JSON.stringify(value(entry)) : value]
  }),
  ['provisional_id', 'text', ({ payment }) => payment.id],
  ['random', 'text', () => randomCharacters(randomLength)],
  ['url', 'text', ({ payment }) => payment.url],
  ['given_end', 'timestamptz', ({ payment }) => payment.expires_at],
  ['actor_id', 'text', ({ actorId }) => actorId],
  ['window_checked', 'integer', ({ checkedWith }) => checkedWith?.cancelWindow ?? null],
  ['credentials_checked', 'boolean', ({ checkedWith }) => checkedWith?.hasCredentials ?? null],
  ['key', 'text', ({ record }) => record?.key ?? null],
  ['request_hash', 'bytea', ({ record }) => record?.requestHash ?? null],
  ['lease_seconds', 'integer', leaseOf],
  ['body', 'text', (entry) => storedOf(entry)?.body ?? null],
  ['id_place', 'text', (entry) => storedOf(entry)?.placeholders.id ?? null],
  ['created_place', 'text', (entry) => storedOf(entry)?.placeholders.createdAt ?? null],
  ['expires_place', 'text', (entry) => storedOf(entry)?.placeholders.expiresAt ?? null],
]

/** A time as the API writes it. */
const timestampText = (column: string) =>
  `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`

// The statement, in order: compare the merchants' settings with those that the requests were checked with,
// take the ids and times, insert the idempotency records, insert the payments of new keys with their
// events and expiries.
//
// Settings of merchants are cached by the process and compared here, because an acknowledged change must
// apply at once, in every process. A lock is not needed: the statement sees every change that was committed
// before it began.
//
// Records are inserted in the order of their keys, as all statements do that insert several. In the url of
// a payment and in the body of a record, the final id and times replace the placeholders.
//
// In a cluster, all entries have one merchant and mode, which are values besides, so that Citus runs each
// part on the node of that merchant.
const statement = `
with request as materialized (
  select * from unnest(${columns.map(([, type], n) => `$${n + 1}::${type}[]`).join(', ')})
    with ordinality as r (${columns.map(([name]) => name).join(', ')}, n)
), checked as materialized (
  select r.*, m.default_cancel_window, p.merchant_id is not null as has_credentials,
    (r.window_checked is null or r.window_checked = m.default_cancel_window)
      and (r.credentials_checked is null or r.credentials_checked = (p.merchant_id is not null))
      as is_current,
    date_trunc('second', now()) + make_interval(secs => coalesce(c.offset_seconds, 0)) as at
  from request r
    join merchants m on m.id = r.merchant_id
    left join processor_credentials p on p.merchant_id = r.merchant_id and p.livemode = r.livemode
    left join test_clocks c on c.merchant_id = r.merchant_id and not r.livemode
), made as materialized (
  select c.*, coalesce(c.given_end, c.at + make_interval(secs => ${expirySecondsDefault})) as expires_at,
    '${idPrefixes.payment}' || hedge_claim_time('payment', c.merchant_id, c.livemode) || c.random as id
  from checked c where c.is_current
), recorded as (
  insert into idempotency_records (merchant_id, livemode, key, operation, request_hash, outcome,
    http_status, body, payment_id, event_sequence, created_at, locked_until, lease_token)
  select merchant_id, livemode, key, 'createPayment', request_hash,
    case when body is null then 'running' else 'stored' end,
    case when body is not null then 201 end,
    replace(replace(replace(body, created_place, ${timestampText('at')}),
      expires_place, ${timestampText('expires_at')}), id_place, id),
    id, case when body is not null then 1 end, now(),
    date_trunc('second', now() + make_interval(secs => lease_seconds)),
    case when body is null then nextval('idempotency_lease_tokens') end
  from made where key is not null
  order by merchant_id, livemode, key
  on conflict do nothing
  returning merchant_id, livemode, key, lease_token
), fresh as materialized (
  select m.*, r.lease_token
  from made m left join recorded r
    on r.merchant_id = m.merchant_id and r.livemode = m.livemode and r.key = m.key
  where m.key is null or r.key is not null
), ${createRows('fresh')}
select c.n::integer as n, c.is_current, c.default_cancel_window, c.has_credentials,
  f.id, f.at, f.expires_at, f.lease_token::text as lease_token
from checked c left join fresh f on f.n = c.n`

/** A row of the statement. */
interface Row {
  readonly n: number
  readonly is_current: boolean
  readonly default_cancel_window: number
  readonly has_credentials: boolean
  readonly id: PaymentId | null
  readonly at: Timestamp
  readonly expires_at: Timestamp
  readonly lease_token: LeaseToken | null
}

/** Where the statement runs: a connection or a transaction. */
export type CreateSession = (values: unknown[]) => Promise<Row[]>

/** Runs the statement by itself, prepared once per connection. */
export function createsOf(pool: Pool): CreateSession {
  const query = { name: 'create-payments', text: statement }
  return async (values) => (await pool.query<Row & object>({ ...query, values })).rows
}

/**
 * Inserts payments with their first events, their expiries and the records of their idempotency keys, in one
 * statement. No two entries may have the same idempotency key. In a cluster, all entries have the same
 * merchant and mode.
 *
 * @returns the outcomes, in the order of the entries.
 */
export async function insertPayments(
  session: CreateSession,
  entries: readonly CreateEntry[],
): Promise<CreateOutcome[]> {
  const rows = await session(columns.map(([, , value]) => entries.map(value)))
  const outcomes = new Array<CreateOutcome>(entries.length)
  for (const row of rows) outcomes[row.n - 1] = toOutcome(row)
  return outcomes
}

function toOutcome(row: Row): CreateOutcome {
  if (!row.is_current) {
    const { default_cancel_window: cancelWindow, has_credentials: hasCredentials } = row
    return { kind: 'changed', defaults: { cancelWindow, hasCredentials } }
  }
  if (row.id === null) return { kind: 'recorded' }
  const { id, at: createdAt, expires_at: expiresAt, lease_token: leaseToken } = row
  return { kind: 'inserted', inserted: { id, createdAt, expiresAt, leaseToken } }
}

/** Inserts a payment without an idempotency key, in the transaction of the caller. */
export async function insertPayment(
  tx: Db,
  payment: NewPayment,
  { actorId }: { actorId: string | null },
): Promise<Inserted> {
  const run: CreateSession = async (values) =>
    (await tx.executeQuery<Row>(CompiledQuery.raw(statement, values))).rows as Row[]
  const entry = { payment, actorId, record: null, checkedWith: null }
  const [outcome] = await insertPayments(run, [entry])
  if (outcome?.kind !== 'inserted') throw new Error('a payment without a key was not inserted')
  return outcome.inserted
}

/**
 * Turns the record of a key whose cancel came first into the record of its create. The time for
 * which records are kept starts again.
 */
export async function recordCanceledCreate(
  tx: Db,
  created: { readonly paymentId: string; readonly body: string },
  record: { account: Account; key: string; requestHash: Buffer },
): Promise<void> {
  const { account } = record
  const { rows } = await sql`
    update idempotency_records
    set operation = 'createPayment', request_hash = ${record.requestHash}, outcome = 'stored',
      http_status = 201, body = ${created.body}, payment_id = ${created.paymentId},
      event_sequence = 2, created_at = now()
    where merchant_id = ${account.merchantId} and livemode = ${account.livemode}
      and key = ${record.key} and outcome = 'awaited'
    returning key`.execute(tx)
  if (rows.length === 0) throw new Error('the record of an awaited create was replaced')
}
