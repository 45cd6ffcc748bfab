import type { ActorType, PaymentStatus } from '@hedgepayments/contract'
import { CompiledQuery, type Kysely } from 'kysely'
import type { Pool } from 'pg'
import type { PaymentRow, Schema } from '../../database/schema.ts'
import type { Timestamp } from '../../domain/time.ts'
import { cancelableList, cancelRows } from '../transition/cancel-rows.sql.ts'

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
  /** Another transaction holds its row: nothing was done, and nobody waited. */
  | { readonly kind: 'held' }
  /** There is a record of the idempotency key already; nothing was done. */
  | { readonly kind: 'recorded' }

/** What the statement says of an entry: its number from 1 on, and what became of it. */
type Verdict = [
  n: number,
  outcome: CancelOutcome['kind'],
  seenStatus: PaymentStatus,
  seenSequence: number,
  at: Timestamp,
]

// What a canceled row holds beyond what its entry and the verdict say. The statement gives no
// column twice and none that is known: half of what a cancel cost this process was reading rows.
const shown = [
  'amount',
  'currency',
  'payment_method',
  'customer_email',
  'customer_id',
  'description',
  'statement_descriptor',
  'metadata',
  'success_url',
  'cancel_url',
  'url',
  'cancel_window',
  'cancelable_until',
  'refunded_amount',
  'refund_count',
  'fee',
  'net_amount',
  'failure_code',
  'failure_message',
  'settled_at',
  'processor',
  'processor_reference',
  'payment_method_token',
  'next_action_url',
  'expires_at',
  'created_at',
] as const satisfies readonly (keyof PaymentRow)[]

type ShownColumn = (typeof shown)[number]

// What was tried and lost:
// - UPDATE with a SELECT beside it: under READ COMMITTED the loser of a race reads the status of
//   its own snapshot and reports `pending` as the status that could not be canceled.
// - Claiming the idempotency key before the payment: the record would have to be completed in a
//   second statement, since one statement cannot update a row that it inserted.
// Hence: lock, decide, record, write. A locked row is seen in its newest version. The record is
// made with its outcome and, by its unique key, tells whether the request is new; only then is
// the payment moved. A key that is taken leaves the payment alone. A record is kept by
// the database's clock, so it is made by that clock too.
//
// Rows are locked in the order of the arguments, which come sorted by the payments' key; records
// are inserted in the order of theirs. All who lock several rows do it in that order, payments
// first, so no two statements wait for each other. LATERAL keeps one look-up by the key per
// argument, in their order, whatever the planner knows of the table.
//
// A batch passes over rows that another transaction holds: one of these that stands still, with its process
// frozen or cut off, would keep all cancels of this process waiting, whosever they are.
//
// Returning the rows as JSON, or as an array of text, halves the work here once more but makes
// PostgreSQL's a fifth dearer; columns read by position cost the least in all (bench/README.md).
const decide = (ifHeld: '' | 'skip locked') => `
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
    for no key update ${ifHeld}
  ) p
), decided as materialized (
  select r.*, l.status as seen_status, l.sequence as seen_sequence, l.at,
    case when l.n is null then
        case when exists (
          select from payments p
          where p.merchant_id = r.merchant_id and p.livemode = r.livemode and p.id = r.payment_id
        ) then 'held' else 'missing' end
      when l.status not in (${cancelableList}) then 'refused'
      when r.versions is not null
        and l.sequence::text <> all(string_to_array(r.versions, ',')) then 'stale'
      else 'canceled' end as outcome
  from request r left join locked l on l.n = r.n
), recorded as (
  insert into idempotency_records (merchant_id, livemode, key, operation, request_hash, outcome,
    payment_id, event_sequence, refused_status, created_at)
  select merchant_id, livemode, key, 'cancelPayment', request_hash, outcome, payment_id,
    case outcome when 'canceled' then seen_sequence + 1 else seen_sequence end,
    case outcome when 'canceled' then null else seen_status end, now()
  from decided where key is not null and outcome <> all(array['missing', 'held'])
  order by merchant_id, livemode, key
  on conflict do nothing
  returning merchant_id, livemode, key
), fresh as materialized (
  select d.*, d.key is null or r.key is not null as is_new
  from decided d left join recorded r
    on r.merchant_id = d.merchant_id and r.livemode = d.livemode and r.key = d.key
), ${cancelRows({
  name: 'fresh',
  where: "s.outcome = 'canceled' and s.is_new",
  returning: shown.filter((column) => column !== 'processor'),
})}
select f.n::integer as n,
  case when f.is_new or f.outcome = any(array['missing', 'held']) then f.outcome
    else 'recorded' end as outcome,
  f.seen_status, f.seen_sequence, f.at, ${shown.map((column) => `m.${column}`).join(', ')}
from fresh f left join canceled m on m.n = f.n`

const decideOrPassOver = decide('skip locked')
const decideOrWait = decide('')

/** Runs the statement, on a connection of its own or inside a transaction: its rows, as arrays. */
export type RunCancel = (values: unknown[]) => Promise<unknown[][]>

/**
 * Runs it by itself, prepared once per connection: when it returns, all it says is on disk. Passes
 * over rows that another transaction holds.
 */
export function passingOver(pool: Pool): RunCancel {
  const query = { name: 'cancel-payments', text: decideOrPassOver, rowMode: 'array' as const }
  return async (values) => (await pool.query<unknown[]>({ ...query, values })).rows
}

/** The same, but waits for these rows. */
export function waiting(pool: Pool): RunCancel {
  const query = { name: 'cancel-payments-held', text: decideOrWait, rowMode: 'array' as const }
  return async (values) => (await pool.query<unknown[]>({ ...query, values })).rows
}

/** Runs it as a part of a transaction, which waits for rows that another one holds. */
export function inTransaction(tx: Kysely<Schema>): RunCancel {
  return async (values) => {
    const { rows } = await tx.executeQuery(CompiledQuery.raw(decideOrWait, values))
    return rows.map((row) => Object.values(row as object))
  }
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
  const rows = await run([
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
  ])
  const outcomes = new Array<CancelOutcome>(entries.length)
  for (const values of rows) {
    const original = sorted[(values[0] as number) - 1]
    if (original) outcomes[original[0]] = judge(original[1], values)
  }
  return outcomes
}

function judge(entry: CancelEntry, values: unknown[]): CancelOutcome {
  const [, outcome, status, sequence] = values as Verdict
  switch (outcome) {
    case 'missing':
    case 'held':
    case 'recorded':
      return { kind: outcome }
    case 'canceled':
      return { kind: 'canceled', row: toRow(entry, values) }
    case 'refused':
      return { kind: 'refused', status }
    case 'stale':
      return { kind: 'stale', status, sequence }
  }
}

/** The canceled row, whole: what the entry and the verdict say of it, and what was read. */
function toRow(entry: CancelEntry, values: unknown[]): PaymentRow {
  const [, , , seenSequence, at] = values as Verdict
  const read: Partial<Record<ShownColumn, unknown>> = {}
  for (let i = 0; i < shown.length; i++) read[shown[i] as ShownColumn] = values[verdictLength + i]
  return {
    ...(read as Pick<PaymentRow, ShownColumn>),
    merchant_id: entry.merchantId,
    livemode: entry.livemode,
    id: entry.paymentId,
    sequence: seenSequence + 1,
    status: 'canceled',
    cancellation_reason: entry.reason,
    canceled_at: at,
    updated_at: at,
  }
}

const verdictLength = 5 satisfies Verdict['length']

function compareKeys(a: CancelEntry, b: CancelEntry): number {
  if (a.merchantId !== b.merchantId) return a.merchantId < b.merchantId ? -1 : 1
  if (a.livemode !== b.livemode) return a.livemode ? 1 : -1
  return a.paymentId < b.paymentId ? -1 : a.paymentId > b.paymentId ? 1 : 0
}
