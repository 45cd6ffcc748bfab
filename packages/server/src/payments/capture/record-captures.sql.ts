import { CompiledQuery } from 'kysely'
import { isCluster } from '../../database/cluster/cluster.ts'
import type { Db } from '../../database/db.ts'
import { prepared } from '../../database/hosts/prepared.ts'
import type { PaymentRow } from '../../database/schema.ts'
import {
  type EntryColumn,
  onNodeOfEntries,
  rowsOfEntries,
  valuesOfEntries,
} from '../../database/statements/entries.ts'
import { accountOf } from '../../domain/account.ts'
import { type FeeSchedule, feeOf } from '../../domain/fees.ts'
import { comparePaymentKeys, type PaymentKey } from '../../domain/payment-key.ts'
import { latest, type Timestamp } from '../../domain/time.ts'
import { stateOf } from '../../events/state.ts'
import type { ClaimedTask } from '../tasks/claimed-tasks.sql.ts'
import { succeedRows } from '../transition/rows/succeed-rows.sql.ts'
import type { BegunCapture } from './begin-captures.sql.ts'
import { settleAfterSeconds } from './record-capture.ts'

/** A first capture that the processor has carried out, to be recorded. */
export interface RecordEntry {
  readonly task: ClaimedTask
  /** The payment before the call. */
  readonly row: PaymentRow
  readonly begun: BegunCapture
  readonly capturedMinor: number
  /** The processor's id of the payment. */
  readonly reference: string
  /** The fees of merchants without their own schedule. */
  readonly fees: FeeSchedule
  /** The time of the step, and the end of the call. */
  readonly now: Timestamp
  readonly endedAt: Timestamp
}

/** What the statement has done. */
export interface RecordedCapture {
  /** Whether the call has ended and the payment has succeeded, or nothing has changed. */
  readonly isRecorded: boolean
  /** Whether the task has ended too. */
  readonly isTaskEnded: boolean
}

/** An entry with the payment after the step. */
interface Succeeding {
  readonly entry: RecordEntry
  readonly moved: PaymentRow
  readonly fee: number
}

const columns: readonly EntryColumn<Succeeding>[] = [
  ['merchant_id', 'text', ({ entry }) => entry.row.merchant_id],
  ['livemode', 'boolean', ({ entry }) => entry.row.livemode],
  ['payment_id', 'text', ({ entry }) => entry.row.id],
  ['kind', 'text', ({ entry }) => entry.task.kind],
  ['lease', 'text', ({ entry }) => entry.task.lease],
  ['number', 'integer', ({ entry }) => entry.begun.number],
  ['ended_at', 'timestamptz', ({ entry }) => entry.endedAt],
  ['seen_sequence', 'integer', ({ entry }) => entry.row.sequence],
  ['at', 'timestamptz', ({ moved }) => moved.updated_at],
  ['reference', 'text', ({ entry }) => entry.reference],
  ['captured_amount', 'integer', ({ moved }) => moved.captured_amount],
  ['fee', 'integer', ({ fee }) => fee],
  ['basis_points', 'integer', ({ entry }) => entry.begun.feeBasisPoints],
  ['fixed_minor', 'integer', ({ entry }) => entry.begun.feeFixedMinor],
  ['state', 'jsonb', ({ moved }) => JSON.stringify(stateOf(moved))],
]

// The statement, in order: lock the payments and the calls, decide which fit, let the payments succeed, end the
// calls, end the tasks. A call fits if `endAttempt` would replace its result.
//
// A payment fits if nothing has happened to it since it went to `processing`: its last event says so. Then
// the row is the one that the caller has read, and no reversal was requested. The merchant's fees must be
// those that the caller has computed with.
//
// As `recordCapture`, it needs no claim: the money is captured in any case. The claim decides only
// whether the task ends here. A task that was requested again must run again.
//
// Rows that another transaction has locked are skipped, as in `begin-captures.sql.ts`.
const statementOf = ({ isCluster }: { isCluster: boolean }) => {
  const onNode = (name: string) => (isCluster ? onNodeOfEntries(name, columns) : '')
  return `
with request as materialized (
  ${rowsOfEntries(columns)}
), locked as materialized (
  select r.n, p.status as seen_status from request r cross join lateral (
    select p.status from payments p
    where p.merchant_id = r.merchant_id and p.livemode = r.livemode and p.id = r.payment_id
      and p.sequence = r.seen_sequence${onNode('p')}
    for no key update skip locked
  ) p cross join lateral (
    select from payment_attempts a
    where a.merchant_id = r.merchant_id and a.livemode = r.livemode and a.payment_id = r.payment_id
      and a.number = r.number
      and (a.outcome is null or a.outcome = 'unknown' and a.code = 'interrupted')${onNode('a')}
    for no key update skip locked
  ) a
), fit as materialized (
  select r.*, l.seen_status from request r join locked l on l.n = r.n
    cross join lateral (
      select from events e
      where e.merchant_id = r.merchant_id and e.livemode = r.livemode and e.subject_id = r.payment_id
        and e.sequence = r.seen_sequence and e.type = 'payment.processing'${onNode('e')}
      limit 1
    ) e
    join merchants m on m.id = r.merchant_id
      and m.fee_basis_points is not distinct from r.basis_points
      and m.fee_fixed_minor is not distinct from r.fixed_minor
), ${succeedRows({ name: 'fit', settleAfterSeconds, onNode: onNode('p') })}, ended_calls as (
  update payment_attempts a
  set outcome = 'captured', code = null, message = null,
    ended_at = greatest(a.started_at, f.ended_at)
  from fit f
  where a.merchant_id = f.merchant_id and a.livemode = f.livemode and a.payment_id = f.payment_id
    and a.number = f.number${onNode('a')}
), claimed as materialized (
  select f.n from fit f cross join lateral (
    select from payment_tasks t
    where t.merchant_id = f.merchant_id and t.livemode = f.livemode and t.payment_id = f.payment_id
      and t.kind = f.kind and t.lease = f.lease and not t.planned_again${onNode('t')}
    for update skip locked
  ) t
), ended_tasks as (
  delete from payment_tasks t using fit f join claimed c on c.n = f.n
  where t.merchant_id = f.merchant_id and t.livemode = f.livemode and t.payment_id = f.payment_id
    and t.kind = f.kind and t.lease = f.lease and not t.planned_again${onNode('t')}
  returning f.n
)
select s.n::integer as n, e.n is not null as "isTaskEnded"
from succeeded s left join ended_tasks e on e.n = s.n`
}

const texts = {
  one: prepared('record-captures', statementOf({ isCluster: false })),
  cluster: prepared('record-captures-in-cluster', statementOf({ isCluster: true })),
}

const unchanged: RecordedCapture = { isRecorded: false, isTaskEnded: false }

/**
 * Records captures in one statement: the end of the calls, the payments' steps with their events, the
 * ledger, the look-ups of the settlements, and the end of the tasks. No two entries may have the same
 * payment. In a cluster, all entries have the same merchant and mode.
 *
 * @returns what was done, in the order of the entries.
 */
export async function recordCaptures(
  db: Db,
  entries: readonly RecordEntry[],
): Promise<RecordedCapture[]> {
  const sorted = [...entries.entries()].sort(([, a], [, b]) =>
    comparePaymentKeys(keyOf(a.row), keyOf(b.row)),
  )
  const [first] = entries
  const inCluster = isCluster(db)
  const values: unknown[] = valuesOfEntries(
    columns,
    sorted.map(([, entry]) => succeeding(entry)),
  )
  if (inCluster && first) values.push(first.row.merchant_id, first.row.livemode)
  const { rows } = await db.executeQuery<{ n: number; isTaskEnded: boolean }>(
    CompiledQuery.raw(inCluster ? texts.cluster : texts.one, values),
  )
  const recorded = new Array<RecordedCapture>(entries.length).fill(unchanged)
  for (const { n, isTaskEnded } of rows) {
    const original = sorted[n - 1]
    if (original) recorded[original[0]] = { isRecorded: true, isTaskEnded }
  }
  return recorded
}

/** The payment after the step, as `recordCapture` makes it. */
function succeeding(entry: RecordEntry): Succeeding {
  const { row, begun, capturedMinor, fees, now } = entry
  const fee = feeOf(capturedMinor, {
    basisPoints: begun.feeBasisPoints ?? fees.basisPoints,
    fixedMinor: begun.feeFixedMinor ?? fees.fixedMinor,
  })
  const moved: PaymentRow = {
    ...row,
    status: 'succeeded',
    captured_amount: capturedMinor,
    fee,
    net_amount: capturedMinor - fee,
    updated_at: latest(now, row.updated_at),
  }
  return { entry, moved, fee }
}

function keyOf(row: PaymentRow): PaymentKey {
  return { ...accountOf(row), paymentId: row.id }
}
