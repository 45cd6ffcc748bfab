import type { ActorType } from '@hedgepayments/contract'
import { sql } from 'kysely'
import type { Tx } from '../../database/db.ts'
import type { PaymentRow } from '../../database/schema.ts'
import { accountOf } from '../../domain/account.ts'
import { cancelableUntilOf, debitEndOf } from '../../domain/authorization-end.ts'
import { statusesBefore, statusesToVoid } from '../../domain/lifecycle.ts'
import { latest, type Timestamp } from '../../domain/time.ts'
import { readDatabaseTime } from '../../merchants/clock.sql.ts'
import type { Processor } from '../../processors/interface/processor.ts'
import type { Authorized, Decline, NextAction } from '../../processors/interface/results.ts'
import { deleteAcceptance } from '../calls/acceptances.sql.ts'
import { findLastAttempt } from '../calls/attempts.sql.ts'
import { dropTask, planTask } from '../tasks/tasks.sql.ts'
import { lockPayment } from '../transition/lock-payment.sql.ts'
import { movePayment } from '../transition/move.sql.ts'
import { planWatch } from '../watch/plan-watch.ts'
import type { Authorization } from './authorize.ts'
import { checkFence, type Fence, guardBy, type Standing } from './submission-fence.ts'

/** The pause between look-ups while the customer acts, which takes long on the page of a bank. */
const actionPollSeconds = 15

/** The pause before a declined payment is voided. Nothing is reserved, so voids of canceled payments come first. */
const declinedVoidSeconds = 60

/** An authorization to record for a payment that waits for it. */
interface Recording {
  readonly row: PaymentRow
  readonly processor: Processor
  readonly authorization: Authorization
  readonly actor: { readonly type: ActorType; readonly id: string | null }
  readonly fence: Fence
}

/** A recording and its time, by the database's clock. */
type TimedRecording = Recording & { readonly now: Timestamp }

/** A payment after its authorization was recorded. */
export interface RecordedAuthorization {
  readonly row: PaymentRow
  /** Only a `current` caller has moved the payment. */
  readonly standing: Standing
}

/**
 * Records an authorization in one transaction: the payment's step, its events and the next task. A
 * payment that has left `pending` keeps its status. If it was canceled or has failed, the
 * authorization is voided.
 */
export async function recordAuthorization(
  tx: Tx,
  given: Recording,
): Promise<RecordedAuthorization> {
  const { authorization, fence } = given
  const account = accountOf(given.row)
  const row = await lockPayment(tx, { account, id: given.row.id })
  if (!row) throw new Error('a submitted payment was not found')
  const standing = await checkFence(tx, row, fence)
  if (!statusesBefore('initiated').includes(row.status)) {
    await dropTask(tx, { row, kind: 'authorize' })
    // Whatever the standing is: the request that took over may have found nothing to void yet.
    if (statusesToVoid.includes(row.status) && !hasNothingToVoid(authorization)) {
      await planTask(tx, { row, kind: 'void', afterSeconds: 0 })
    }
    return { row, standing }
  }
  if (standing !== 'current') return { row, standing }
  // The database's clock decides when an undo window ends and when a task is due. By the clock of a
  // process, the window could end too early, or the capture come an hour late.
  const now = await readDatabaseTime(tx, account)
  return { row: await recordResult(tx, { ...given, row, now }), standing }
}

async function recordResult(tx: Tx, given: TimedRecording): Promise<PaymentRow> {
  const { row, authorization } = given
  switch (authorization.state) {
    case 'authorized':
      return await recordAuthorized(tx, { ...given, ...authorization })
    case 'accepted': {
      const expiresAt = debitEndOf(row, given.now)
      return await recordAuthorized(tx, { ...given, ...authorization, reference: null, expiresAt })
    }
    case 'declined':
      return await recordDeclined(tx, { ...given, ...authorization })
    case 'action_required':
      return await recordActionRequired(tx, { ...given, ...authorization })
    case 'undecided':
    case 'absent':
      return row
  }
}

function hasNothingToVoid({ state }: Authorization): boolean {
  return state === 'declined' || state === 'accepted'
}

async function recordAuthorized(
  tx: Tx,
  given: TimedRecording & Authorized & { reference: string | null },
): Promise<PaymentRow> {
  const { row, expiresAt } = given
  const now = latest(given.now, row.updated_at)
  const cancelableUntil = cancelableUntilOf(row, { now, expiresAt })
  const moved = await movePayment(tx, {
    row,
    event: 'payment.initiated',
    change: {
      status: 'initiated',
      cancelable_until: cancelableUntil,
      authorization_expires_at: expiresAt,
      payment_method_details: given.method ?? null,
      processor_reference: given.reference,
      next_action_url: null,
    },
    guard: guardBy(given.fence),
    actor: given.actor,
    reason: null,
    now,
  })
  if (row.capture_method === 'manual') await planWatch(tx, moved)
  else await planTask(tx, { row, kind: 'process', dueAt: cancelableUntil ?? now })
  await dropTask(tx, { row, kind: 'authorize' })
  return moved
}

/** Records a decline in two steps: the payment was submitted, and then the processor declined it. */
async function recordDeclined(
  tx: Tx,
  given: TimedRecording & { reference: string | null; decline: Decline },
): Promise<PaymentRow> {
  const { row, decline, now } = given
  const submitted = await movePayment(tx, {
    row,
    event: 'payment.initiated',
    change: {
      status: 'initiated',
      processor_reference: given.reference ?? row.processor_reference,
      payment_method_details: decline.method ?? null,
      next_action_url: null,
    },
    guard: guardBy(given.fence),
    actor: given.actor,
    reason: null,
    now,
  })
  const failed = await movePayment(tx, {
    row: submitted,
    event: 'payment.failed',
    change: { status: 'failed', failure_code: decline.code, failure_message: decline.message },
    guard: sql`status = 'initiated'`,
    actor: { type: 'processor', id: row.processor },
    reason: decline.code,
    now,
  })
  await dropTask(tx, { row, kind: 'authorize' })
  await deleteAcceptance(tx, row)
  await planVoidOfDeclined(tx, { row: failed, processor: given.processor })
  return failed
}

/**
 * Plans the void of a declined payment, so that nothing can authorize it any more. A look-up may have
 * returned the result of an earlier token, while a later call has no result yet. At a processor with a
 * dashboard, the customer's bank or a person may approve the payment later.
 */
async function planVoidOfDeclined(
  tx: Tx,
  { row, processor }: { row: PaymentRow; processor: Processor },
): Promise<void> {
  const last = await findLastAttempt(tx, { row, kinds: ['authorize'] })
  if (last?.outcome === 'unknown') {
    await planTask(tx, { row, kind: 'void', afterSeconds: 0 })
  } else if (processor.hasDashboard && row.processor_reference !== null) {
    await planTask(tx, { row, kind: 'void', afterSeconds: declinedVoidSeconds })
  }
}

async function recordActionRequired(
  tx: Tx,
  given: TimedRecording & { reference: string; action: NextAction },
): Promise<PaymentRow> {
  const { row, action, now } = given
  if (row.next_action_url === action.url) return row
  const moved = await movePayment(tx, {
    row,
    event: 'payment.action_required',
    change: { next_action_url: action.url, processor_reference: given.reference },
    guard: guardBy(given.fence),
    actor: { type: 'processor', id: row.processor },
    reason: null,
    now,
  })
  // A message of the processor reschedules this. Without a message, the result is polled.
  await planTask(tx, { row, kind: 'authorize', afterSeconds: actionPollSeconds })
  return moved
}
