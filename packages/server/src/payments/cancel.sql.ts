import type { ActorType, PaymentStatus } from '@hedgepayments/contract'
import { CompiledQuery, type Kysely } from 'kysely'
import type { Pool } from 'pg'
import type { PaymentRow, Schema, Timestamp } from '../database/schema.ts'
import { statusesBefore } from './lifecycle.ts'

/** One cancel, as it goes into the statement. */
export interface CancelEntry {
  readonly merchantId: string
  readonly livemode: boolean
  readonly paymentId: string
  readonly reason: string | null
  readonly actorType: ActorType
  readonly actorId: string | null
  /** Versions that If-Match accepts, `null` for any. */
  readonly versions: readonly number[] | null
  readonly idempotencyKey: string | null
  readonly requestHash: Buffer | null
  readonly now: Timestamp
}

/** What became of a cancel. */
export type CancelOutcome =
  /** It won: the row as it is now, on disk. */
  | { readonly kind: 'canceled'; readonly row: PaymentRow }
  /** The payment's status refused it. */
  | { readonly kind: 'refused'; readonly status: PaymentStatus }
  /** It could be canceled, but is not of a version that If-Match names. */
  | { readonly kind: 'stale'; readonly status: PaymentStatus; readonly sequence: number }
  | { readonly kind: 'missing' }
  /** There is a record of the idempotency key already; nothing was done. */
  | { readonly kind: 'recorded' }

type CancelRow = { n: number; outcome: 'canceled' | 'refused' | 'stale' | 'missing' } & {
  is_new: boolean
  seen_status: PaymentStatus
  seen_sequence: number
} & PaymentRow

// What was tried and lost:
// - UPDATE with a SELECT beside it: under READ COMMITTED the loser of a race reads the status of
//   its own snapshot and reports `pending` as the status that could not be canceled.
// - Claiming the idempotency key before the payment: the record would have to be completed in a
//   second statement, since one statement cannot update a row that it inserted.
// Hence: lock, decide, record, write. A locked row is seen in its newest version. The record is
// made with its outcome and, by its unique key, tells whether the request is new; only then is
// the payment moved. A key that is taken leaves the payment alone.
//
// Rows are locked in the order of the arguments, which come sorted by the payments' key; records
// are inserted in the order of theirs. All who lock several rows do it in that order, payments
// first, so no two statements wait for each other. LATERAL keeps one look-up by the key per
// argument, in their order, whatever the planner knows of the table.
const statement = `
with request as materialized (
  select * from unnest($1::text[], $2::boolean[], $3::text[], $4::text[], $5::text[], $6::text[],
      $7::text[], $8::text[], $9::bytea[], $10::timestamptz[])
    with ordinality as r (merchant_id, livemode, payment_id, reason, actor_type, actor_id,
      versions, key, request_hash, now, n)
), locked as materialized (
  select r.n, p.status, p.sequence, greatest(r.now, p.updated_at) as at
  from request r cross join lateral (
    select p.status, p.sequence, p.updated_at from payments p
    where p.merchant_id = r.merchant_id and p.livemode = r.livemode and p.id = r.payment_id
    for no key update
  ) p
), decided as materialized (
  select r.*, l.status as seen_status, l.sequence as seen_sequence, l.at,
    case when l.n is null then 'missing'
      when l.status <> all($11::text[]) then 'refused'
      when r.versions is not null
        and l.sequence::text <> all(string_to_array(r.versions, ',')) then 'stale'
      else 'canceled' end as outcome
  from request r left join locked l on l.n = r.n
), recorded as (
  insert into idempotency_records (merchant_id, livemode, key, operation, request_hash, outcome,
    payment_id, event_sequence, refused_status, created_at)
  select merchant_id, livemode, key, 'cancelPayment', request_hash, outcome, payment_id,
    case outcome when 'canceled' then seen_sequence + 1 else seen_sequence end,
    case outcome when 'canceled' then null else seen_status end, now
  from decided where key is not null and outcome <> 'missing'
  order by merchant_id, livemode, key
  on conflict do nothing
  returning merchant_id, livemode, key
), fresh as materialized (
  select d.*, d.key is null or r.key is not null as is_new
  from decided d left join recorded r
    on r.merchant_id = d.merchant_id and r.livemode = d.livemode and r.key = d.key
), moved as (
  update payments p
  set status = 'canceled', sequence = p.sequence + 1, canceled_at = f.at, updated_at = f.at,
    cancellation_reason = f.reason
  from fresh f
  where f.outcome = 'canceled' and f.is_new
    and p.merchant_id = f.merchant_id and p.livemode = f.livemode and p.id = f.payment_id
    and p.status = any($11::text[])
  returning p.*, f.n, f.seen_status, f.actor_type, f.actor_id
), noted as (
  insert into events (merchant_id, livemode, subject_id, sequence, type, created_at, actor_type,
    actor_id, from_status, to_status, reason)
  select merchant_id, livemode, id, sequence, 'payment.canceled', canceled_at, actor_type,
    actor_id, seen_status, 'canceled', cancellation_reason
  from moved order by n
), owed as (
  insert into payment_tasks (merchant_id, livemode, payment_id, kind, due_at)
  select merchant_id, livemode, id, 'void', canceled_at from moved where processor is not null
  on conflict do nothing
)
select m.*, f.n::integer as n, f.outcome, f.is_new, f.seen_status, f.seen_sequence
from fresh f left join moved m on m.n = f.n`

const cancelable = statusesBefore('canceled')

/** Runs the statement: on a connection of its own, or inside a transaction. */
export type RunCancel = (text: string, values: unknown[]) => Promise<unknown[]>

/** Runs it by itself, prepared once per connection: when it returns, all it says is on disk. */
export function onPool(pool: Pool): RunCancel {
  return async (text, values) =>
    (await pool.query({ name: 'cancel-payments', text, values })).rows as unknown[]
}

/** Runs it as a part of a transaction. */
export function inTransaction(tx: Kysely<Schema>): RunCancel {
  return async (text, values) => (await tx.executeQuery(CompiledQuery.raw(text, values))).rows
}

/**
 * Cancels payments in one statement. The entries must not name a payment or an idempotency key
 * twice.
 *
 * @returns an outcome for each entry, in their order.
 */
export async function cancelPayments(
  run: RunCancel,
  entries: readonly CancelEntry[],
): Promise<CancelOutcome[]> {
  const sorted = [...entries.entries()].sort(([, a], [, b]) => compareKeys(a, b))
  const column = <T>(pick: (entry: CancelEntry) => T) => sorted.map(([, entry]) => pick(entry))
  const rows = await run(statement, [
    column((entry) => entry.merchantId),
    column((entry) => entry.livemode),
    column((entry) => entry.paymentId),
    column((entry) => entry.reason),
    column((entry) => entry.actorType),
    column((entry) => entry.actorId),
    column((entry) => entry.versions?.join(',') ?? null),
    column((entry) => entry.idempotencyKey),
    column((entry) => entry.requestHash),
    column((entry) => entry.now),
    cancelable,
  ])
  const outcomes = new Array<CancelOutcome>(entries.length)
  for (const row of rows as CancelRow[]) {
    const original = sorted[row.n - 1]
    if (original) outcomes[original[0]] = toOutcome(row)
  }
  return outcomes
}

function toOutcome(row: CancelRow): CancelOutcome {
  if (!row.is_new && row.outcome !== 'missing') return { kind: 'recorded' }
  switch (row.outcome) {
    case 'missing':
      return { kind: 'missing' }
    case 'canceled':
      return { kind: 'canceled', row }
    case 'refused':
      return { kind: 'refused', status: row.seen_status }
    case 'stale':
      return { kind: 'stale', status: row.seen_status, sequence: row.seen_sequence }
  }
}

function compareKeys(a: CancelEntry, b: CancelEntry): number {
  if (a.merchantId !== b.merchantId) return a.merchantId < b.merchantId ? -1 : 1
  if (a.livemode !== b.livemode) return a.livemode ? 1 : -1
  return a.paymentId < b.paymentId ? -1 : a.paymentId > b.paymentId ? 1 : 0
}
