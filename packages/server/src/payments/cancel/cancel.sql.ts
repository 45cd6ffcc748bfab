import type { ActorType, PaymentStatus } from '@hedgepayments/contract'
import { CompiledQuery } from 'kysely'
import type { Pool } from 'pg'
import { isCluster } from '../../database/cluster/cluster.ts'
import type { Db } from '../../database/db.ts'
import type { PaymentRow } from '../../database/schema.ts'
import { comparePaymentKeys } from '../../domain/payment-key.ts'
import type { Timestamp } from '../../domain/time.ts'
import { cancelableList, cancelRows } from '../transition/rows/cancel-rows.sql.ts'

/** One cancel of the statement. */
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

/** The outcome of a cancel. All but `canceled` leave the payment unchanged. */
export type CancelOutcome =
  /** The payment is canceled, on disk. `row` is its new version. */
  | { readonly kind: 'canceled'; readonly row: PaymentRow }
  /** The payment's status does not allow it. */
  | { readonly kind: 'refused'; readonly status: PaymentStatus }
  /** The status allows it, but If-Match names another version. */
  | { readonly kind: 'stale'; readonly status: PaymentStatus; readonly sequence: number }
  | { readonly kind: 'missing' }
  /** Another transaction has locked the row, and the statement did not wait for it. */
  | { readonly kind: 'locked' }
  /** The idempotency key has a record already. */
  | { readonly kind: 'recorded' }

/** The first columns of a row of the statement: the number of the entry from 1 on, its outcome. */
type Verdict = [
  n: number,
  outcome: CancelOutcome['kind'],
  seenStatus: PaymentStatus,
  seenSequence: number,
  at: Timestamp,
]

// The columns of a canceled row that neither the entry nor the verdict contains. The statement
// returns only these: reading rows was half of a cancel's cost in this process.
const shown = [
  'amount',
  'currency',
  'payment_method',
  'payment_method_details',
  'customer_email',
  'customer_id',
  'checkout_session_id',
  'description',
  'statement_descriptor',
  'metadata',
  'success_url',
  'cancel_url',
  'url',
  'retry_of',
  'cancel_window',
  'cancelable_until',
  'capture_method',
  'amount_to_capture',
  'captured_amount',
  'authorization_expires_at',
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

// The statement, in order: lock the rows, decide, insert the idempotency records, move the payments.
// A locked row is read in its newest version. The record is inserted with its outcome, and its unique
// key tells whether the request is new. Only the payments of new requests move.
//
// Tried and lost:
// - An UPDATE with a SELECT beside it. Under READ COMMITTED the loser of a race reads the status in
//   its own snapshot, and reports `pending` as the status that cannot be canceled.
// - Claiming the idempotency key before the payment. One statement cannot update a row that it
//   inserted, so completing the record would take a second statement.
//
// Records are inserted with the database's time, because retention deletes them by that clock.
//
// Rows are locked in the order of the arguments, which are sorted by the payments' keys. Records are
// inserted in the order of their keys. All statements that lock several payments use this order, so
// no two of them wait for each other. LATERAL does one look-up by the key per argument,
// in their order, whatever statistics the planner has.
//
// A batch skips rows that another transaction has locked. If it waited, a transaction whose process
// is frozen or cut off would delay all cancels of this process, of all merchants.
//
// Returning the rows as JSON, or as arrays of text, halves the work of this process once more, but
// makes PostgreSQL's work a fifth more expensive. Columns read by position cost the least in total
// (bench/README.md).
//
// In a cluster, all entries of a statement have one merchant and mode, which are values besides. So Citus
// runs every part of the statement on the node of that merchant. One PostgreSQL must not see these values:
// a planner without statistics then reads all payments of the merchant.
const decide = ({ onLocked, isCluster }: { onLocked: '' | 'skip locked'; isCluster: boolean }) => {
  const onNode = isCluster ? ' and p.merchant_id = $11::text and p.livemode = $12::boolean' : ''
  const payment = `payments p
    where p.merchant_id = r.merchant_id and p.livemode = r.livemode and p.id = r.payment_id${onNode}`
  // A cluster does not evaluate a subquery for each row of another part.
  const present = isCluster
    ? `), present as materialized (
  select r.n from request r cross join lateral (select from ${payment} limit 1) p
`
    : ''
  const isPresent = isCluster ? 'p.n is not null' : `exists (select from ${payment})`
  const joinPresent = isCluster ? ' left join present p on p.n = r.n' : ''
  return `
with request as materialized (
  select * from unnest($1::text[], $2::boolean[], $3::text[], $4::text[], $5::text[], $6::text[],
      $7::text[], $8::text[], $9::bytea[], $10::timestamptz[])
    with ordinality as r (merchant_id, livemode, payment_id, reason, actor_type, actor_id,
      versions, key, request_hash, now, n)
), locked as materialized (
  select r.n, p.status, p.sequence, greatest(r.now, p.updated_at) as at
  from request r cross join lateral (
    select p.status, p.sequence, p.updated_at from payments p
    where p.merchant_id = r.merchant_id and p.livemode = r.livemode and p.id = r.payment_id${onNode}
    for no key update ${onLocked}
  ) p
${present}), decided as materialized (
  select r.*, l.status as seen_status, l.sequence as seen_sequence, l.at,
    case when l.n is null then
        case when ${isPresent} then 'locked' else 'missing' end
      when l.status not in (${cancelableList}) then 'refused'
      when r.versions is not null
        and l.sequence::text <> all(string_to_array(r.versions, ',')) then 'stale'
      else 'canceled' end as outcome
  from request r left join locked l on l.n = r.n${joinPresent}
), recorded as (
  insert into idempotency_records (merchant_id, livemode, key, operation, request_hash, outcome,
    payment_id, event_sequence, refused_status, created_at)
  select merchant_id, livemode, key, 'cancelPayment', request_hash, outcome, payment_id,
    case when outcome = 'canceled' then seen_sequence + 1 else seen_sequence end,
    case when outcome = 'canceled' then null else seen_status end, now()
  from decided where key is not null and outcome <> all(array['missing', 'locked'])
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
    onNode,
    returning: shown.filter((column) => column !== 'processor'),
  })}
select f.n::integer as n,
  case when f.is_new or f.outcome = any(array['missing', 'locked']) then f.outcome
    else 'recorded' end as outcome,
  f.seen_status, f.seen_sequence, f.at, ${shown.map((column) => `m.${column}`).join(', ')}
from fresh f left join canceled m on m.n = f.n`
}

/** Where the statement runs: a connection or a transaction. */
export interface CancelSession {
  /** Whether the database is a cluster: then all entries have one merchant and mode. */
  readonly isCluster: boolean
  /** Runs the statement with its values. Returns rows as arrays. */
  readonly run: (values: unknown[]) => Promise<unknown[][]>
}

type Connections = { readonly pool: Pool; readonly isCluster: boolean }

/**
 * Runs the statement by itself, prepared once per connection. When it returns, its results are on
 * disk. It skips rows that another transaction has locked.
 */
export function skippingLocked({ pool, isCluster }: Connections): CancelSession {
  const text = decide({ onLocked: 'skip locked', isCluster })
  const query = { name: 'cancel-payments', text, rowMode: 'array' as const }
  return {
    isCluster,
    run: async (values) => (await pool.query<unknown[]>({ ...query, values })).rows,
  }
}

/** Like `skippingLocked`, but waits for locked rows. */
export function waitingForLocks({ pool, isCluster }: Connections): CancelSession {
  const text = decide({ onLocked: '', isCluster })
  const query = { name: 'cancel-payments-wait', text, rowMode: 'array' as const }
  return {
    isCluster,
    run: async (values) => (await pool.query<unknown[]>({ ...query, values })).rows,
  }
}

/** Runs the statement as a part of a transaction, and waits for locked rows. */
export function inTransaction(tx: Db): CancelSession {
  const inCluster = isCluster(tx)
  const text = decide({ onLocked: '', isCluster: inCluster })
  return {
    isCluster: inCluster,
    async run(values) {
      const { rows } = await tx.executeQuery(CompiledQuery.raw(text, values))
      return rows.map((row) => Object.values(row as object))
    },
  }
}

/**
 * Cancels payments in one statement. No two entries may have the same payment or the same
 * idempotency key. In a cluster, all entries have the same merchant and mode.
 *
 * @returns the outcomes, in the order of the entries.
 */
export async function cancelPayments(
  session: CancelSession,
  entries: readonly CancelEntry[],
): Promise<CancelOutcome[]> {
  const sorted = [...entries.entries()].sort(([, a], [, b]) => comparePaymentKeys(a, b))
  const column = <T>(pick: (entry: CancelEntry) => T) => sorted.map(([, entry]) => pick(entry))
  const rows = await session.run([
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
    ...(session.isCluster ? [sorted[0]?.[1].merchantId, sorted[0]?.[1].livemode] : []),
  ])
  const outcomes = new Array<CancelOutcome>(entries.length)
  for (const values of rows) {
    const original = sorted[(values[0] as number) - 1]
    if (original) outcomes[original[0]] = toOutcome(original[1], values)
  }
  return outcomes
}

function toOutcome(entry: CancelEntry, values: unknown[]): CancelOutcome {
  const [, outcome, status, sequence] = values as Verdict
  switch (outcome) {
    case 'missing':
    case 'locked':
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

/** The whole canceled row, from the entry, the verdict and the columns that were read. */
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
    disputed: false,
    updated_at: at,
  }
}

const verdictLength = 5 satisfies Verdict['length']
