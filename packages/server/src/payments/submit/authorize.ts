import type { ActorType } from '@hedgepayments/contract'
import { sql } from 'kysely'
import type { Db } from '../../database/connect.ts'
import type { PaymentRow } from '../../database/schema.ts'
import { statusesBefore, statusesGivenUp } from '../../domain/lifecycle.ts'
import type { Timestamp } from '../../domain/time.ts'
import { latest, promisedEnd } from '../../domain/time.ts'
import type { Tx } from '../../idempotency/once.ts'
import { readDatabaseTime } from '../../merchants/clock.sql.ts'
import type {
  AuthorizeResult,
  Decline,
  NextAction,
  PaymentState,
  Processor,
} from '../../processors/interface/processor.ts'
import { findLastAttempt } from '../calls/attempts.sql.ts'
import { type CallResult, callProcessor } from '../calls/call-processor.ts'
import type { HeldTask } from '../tasks/claimed-tasks.sql.ts'
import { dropTask, planTask } from '../tasks/tasks.sql.ts'
import { lockPayment, movePayment } from '../transition/move.sql.ts'
import { checkFence, type Fence, guardBy, type Standing } from './submission-fence.ts'

/** What is known of an authorization. */
export type AuthorizationNews =
  | { readonly state: 'authorized'; readonly reference: string }
  | { readonly state: 'action_required'; readonly reference: string; readonly action: NextAction }
  | { readonly state: 'declined'; readonly reference: string | null; readonly decline: Decline }
  | { readonly state: 'undecided'; readonly reference: string }
  | { readonly state: 'absent' }

interface Actor {
  readonly type: ActorType
  readonly id: string | null
}

/** Asks the processor to authorize a payment with its token. */
export async function callAuthorize(
  db: Db,
  call: {
    row: PaymentRow
    processor: Processor
    processorKey: string
    requestKey: string | null
    actor: Actor
    now: Timestamp
    number?: number
    submission?: number
    task?: HeldTask
    signal?: AbortSignal
  },
): Promise<CallResult<AuthorizationNews>> {
  const token = call.row.payment_method_token
  if (token === null) throw new Error('a payment without a token cannot be authorized')
  const answered = await callProcessor<AuthorizeResult>(db, {
    ...call,
    kind: 'authorize',
    run: (payment, request) => call.processor.authorize(payment, { ...request, token }),
    describe: (result) =>
      result.outcome === 'declined'
        ? { outcome: 'declined', decline: result.decline }
        : { outcome: result.outcome },
  })
  return answered.known ? { known: true, result: newsOfResult(answered.result) } : answered
}

function newsOfResult(result: AuthorizeResult): AuthorizationNews {
  const { outcome: state, ...rest } = result
  return { state, ...rest } as AuthorizationNews
}

/** What the processor's truth means for a payment that waits for its authorization. */
export function newsOfTruth(truth: PaymentState): AuthorizationNews {
  switch (truth.state) {
    case 'absent':
    case 'undecided':
    case 'action_required':
    case 'declined':
    case 'authorized':
      return truth
    case 'captured':
      // Taken by hand: it was authorized then, and the capture will find it taken.
      return { state: 'authorized', reference: truth.reference }
    case 'voided':
      return {
        state: 'declined',
        reference: truth.reference,
        decline: {
          code: 'authorization_expired',
          message: 'The authorization was given up at the processor.',
        },
      }
  }
}

/** The news of an authorization, for a payment that waits for it. */
interface Step {
  readonly row: PaymentRow
  readonly news: AuthorizationNews
  readonly actor: Actor
  readonly fence: Fence
}

/** A step and its time, by the database's clock. */
type TimedStep = Step & { readonly now: Timestamp }

/** A payment after the news of its authorization. */
export interface Settled {
  readonly row: PaymentRow
  /** Only `current` has moved the payment. */
  readonly standing: Standing
}

/**
 * Records what is known of an authorization: the step of the payment, its events, and the next
 * task, in one transaction. A payment that has left `pending` meanwhile stays what it is; where it
 * was canceled or has failed, its authorization is given up.
 */
export async function settleAuthorization(tx: Tx, known: Step): Promise<Settled> {
  const { news, fence } = known
  const account = { merchantId: known.row.merchant_id, livemode: known.row.livemode }
  const row = await lockPayment(tx, { account, id: known.row.id })
  if (!row) throw new Error('a payment that was submitted vanished')
  const standing = await checkFence(tx, row, fence)
  if (!statusesBefore('initiated').includes(row.status)) {
    await dropTask(tx, { row, kind: 'authorize' })
    // Whatever the standing: the request that took over may have found nothing to give up yet.
    if (statusesGivenUp.includes(row.status) && news.state !== 'declined') {
      await planTask(tx, { row, kind: 'void', afterSeconds: 0 })
    }
    return { row, standing }
  }
  if (standing !== 'current') return { row, standing }
  // The database's clock says when a window has ended and when a task is due. By the clock of a
  // process, a window could end too early, or the payment be captured an hour late.
  const now = await readDatabaseTime(tx, account)
  return { row: await step(tx, { ...known, row, now }), standing }
}

async function step(tx: Tx, known: TimedStep): Promise<PaymentRow> {
  const { row, news } = known
  switch (news.state) {
    case 'authorized':
      return await initiated(tx, { ...known, reference: news.reference })
    case 'declined':
      return await declined(tx, { ...known, ...news })
    case 'action_required':
      return await actionRequired(tx, { ...known, ...news })
    case 'undecided':
    case 'absent':
      return row
  }
}

async function initiated(tx: Tx, step: TimedStep & { reference: string }): Promise<PaymentRow> {
  const { row } = step
  const now = latest(step.now, row.updated_at)
  // No window ends at once. Any other is never shorter than asked.
  const cancelableUntil = row.cancel_window === 0 ? now : promisedEnd(now, row.cancel_window)
  const moved = await movePayment(tx, {
    row,
    type: 'payment.initiated',
    change: {
      status: 'initiated',
      cancelable_until: cancelableUntil,
      processor_reference: step.reference,
      next_action_url: null,
    },
    guard: guardBy(step.fence),
    actor: step.actor,
    reason: null,
    now,
  })
  await planTask(tx, { row, kind: 'process', dueAt: cancelableUntil })
  await dropTask(tx, { row, kind: 'authorize' })
  return moved
}

/** A decline is two steps: it was submitted, and refused before the network took it. */
async function declined(
  tx: Tx,
  step: TimedStep & { reference: string | null; decline: Decline },
): Promise<PaymentRow> {
  const { row, decline, now } = step
  const submitted = await movePayment(tx, {
    row,
    type: 'payment.initiated',
    change: {
      status: 'initiated',
      processor_reference: step.reference ?? row.processor_reference,
      next_action_url: null,
    },
    guard: guardBy(step.fence),
    actor: step.actor,
    reason: null,
    now,
  })
  const failed = await movePayment(tx, {
    row: submitted,
    type: 'payment.failed',
    change: { status: 'failed', failure_code: decline.code, failure_message: decline.message },
    guard: sql`status = 'initiated'`,
    actor: { type: 'processor', id: row.processor },
    reason: decline.code,
    now,
  })
  await dropTask(tx, { row, kind: 'authorize' })
  // A look-up may have told of an earlier token: what was asked for since must not come true later.
  const last = await findLastAttempt(tx, { row, kinds: ['authorize'] })
  if (last?.outcome === 'unknown') await planTask(tx, { row, kind: 'void', afterSeconds: 0 })
  return failed
}

async function actionRequired(
  tx: Tx,
  step: TimedStep & { reference: string; action: NextAction },
): Promise<PaymentRow> {
  const { row, action, now } = step
  if (row.next_action_url === action.url) return row
  const moved = await movePayment(tx, {
    row,
    type: 'payment.action_required',
    change: { next_action_url: action.url, processor_reference: step.reference },
    guard: guardBy(step.fence),
    actor: { type: 'processor', id: row.processor },
    reason: null,
    now,
  })
  // A notice brings this forward; without one the answer is asked for all the same.
  await planTask(tx, { row, kind: 'authorize', afterSeconds: actionPollSeconds })
  return moved
}

/** A customer needs about as long at least for the bank's page. */
const actionPollSeconds = 15
