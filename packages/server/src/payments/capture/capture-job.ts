import { commit } from '../../database/commit.ts'
import type { PaymentRow } from '../../database/schema.ts'
import { accountOf } from '../../domain/account.ts'
import { statusesBefore } from '../../domain/lifecycle.ts'
import { plusSeconds } from '../../domain/time.ts'
import { pendingSeconds } from '../../jobs/backoff.ts'
import type { Debits } from '../../processors/interface/processor.ts'
import { type CaptureResult, endedDecline } from '../../processors/interface/results.ts'
import { deleteAcceptance, findAcceptance } from '../calls/acceptances.sql.ts'
import { abandonAttempts, findLastAttempt } from '../calls/attempts.sql.ts'
import {
  type CallResult,
  callProcessor,
  describeOutcome,
  endCall,
  lookUp,
  makeCall,
  type ProcessorCall,
} from '../calls/call-processor.ts'
import { debitsOf } from '../calls/debits.ts'
import { processorKeyOf } from '../calls/processor-keys.ts'
import { callOf, type Work, type WorkResult } from '../tasks/work.ts'
import { assignReference } from '../transition/assign-processor.sql.ts'
import type { BatchedCaptures } from './batched-captures.ts'
import { type Capture, recordCapture } from './record-capture.ts'

/** The state of a capture at the processor. */
type CaptureState = Capture | { readonly state: 'undecided'; readonly reference: string }

/**
 * Bounds of the pause between the look-ups of a debit, in seconds. A bank takes days, and a message of
 * the processor ends the pause: four days take a hundred look-ups.
 */
const debitPause = { min: 60, max: 6 * 3_600 }

/**
 * Captures a payment that is `processing`. If a capture was called before, looks the payment up first.
 * If the processor still has the authorization, calls `capture` again with the same idempotency key, or
 * the next key where the processor has kept a failure. However often the job runs, the processor
 * captures once. A debit is sent in the same way, and its result is looked up for days.
 *
 * The first capture of a card shares its statements with others. What does not fit there goes the way of
 * all others.
 *
 * @param shared default: every statement is of this payment only.
 */
export async function capturePayment(
  work: Work,
  shared?: { readonly captures: BatchedCaptures },
): Promise<WorkResult> {
  const { db, task, row, now } = work
  if (!statusesBefore('succeeded').includes(row.status)) return 'done'
  const call = await callOf(work)
  const debits = debitsOf(call.processor, row)
  const taking: Taking = { work, call, debits }
  const first = shared ? await takeFirst(taking, shared.captures) : null
  if (first) return first === 'ended' || first === 'done' ? first : await record(taking, first)
  const lastCall = await findLastAttempt(db, { row, kinds: ['capture'] })
  await abandonAttempts(db, { row, now, task })
  return await record(taking, lastCall ? await lookUpFirst(taking) : await takeMoney(taking))
}

/**
 * Captures a card whose capture was not called before: one statement begins the calls of many payments, and
 * one records their results with the ends of the tasks.
 *
 * @returns `ended` or `done` where the capture is recorded, the result of the call where it is not, and
 *   `null` where no call was made.
 */
async function takeFirst(
  taking: Taking,
  captures: BatchedCaptures,
): Promise<'ended' | 'done' | CallResult<CaptureState> | null> {
  const { work, call, debits } = taking
  const { db, task, row, now, fees } = work
  // Other methods may have an acceptance that must be deleted.
  if (debits || row.payment_method !== 'card') return null
  const processorKey = firstKeyOf(row)
  const begun = await captures.begin({ task, processor: call.processor.name, processorKey, now })
  if (!begun) return null
  const made = await makeCall(await captureCallOf(taking, processorKey))
  const { called, end } = made
  if (called.ok && isWhole(called.result, row)) {
    const { capturedMinor, reference } = called.result
    const given = { task, row, begun, capturedMinor, reference, fees, now, endedAt: end.now }
    const { isRecorded, isTaskEnded } = await captures.record(given)
    if (isRecorded) return isTaskEnded ? 'ended' : 'done'
  }
  return stateOf(await endCall(db, { row, number: begun.number, made }), row)
}

/** Whether the processor has captured what it should, and nothing has happened to the money since. */
function isWhole(
  result: CaptureResult,
  row: PaymentRow,
): result is Extract<CaptureResult, { outcome: 'captured' }> {
  return (
    result.outcome === 'captured' &&
    result.capturedMinor === amountToCapture(row) &&
    !result.isDisputed &&
    !result.refunds?.length
  )
}

/** Records the result of a call, in statements of its own. */
async function record(
  { work, debits }: Taking,
  called: CallResult<CaptureState>,
): Promise<WorkResult> {
  const { db, task, row, now, fees } = work
  if (!called.ok) return 'failed'
  const capture = called.result
  if (capture.state === 'undecided') {
    if (!debits) return 'pending'
    const { reference } = capture
    if (row.processor_reference === null) {
      await commit(db, 'capture', async (tx) => {
        await assignReference(tx, row, reference)
        // The processor has it now.
        await deleteAcceptance(tx, row)
      })
    }
    return { againAt: plusSeconds(now, pendingSeconds(task.age_seconds, debitPause)) }
  }
  if (capture.state === 'captured' && !isPossible(capture.capturedMinor, row)) return 'failed'
  const account = accountOf(row)
  await commit(db, 'capture', (tx) =>
    recordCapture(tx, { account, id: row.id, capture, fees, now }),
  )
  return 'done'
}

/** A part may have been captured manually at the processor. More than the amount is wrong. */
function isPossible(capturedMinor: number, { amount }: PaymentRow): boolean {
  return capturedMinor > 0 && capturedMinor <= amount
}

interface Taking {
  readonly work: Work
  readonly call: Awaited<ReturnType<typeof callOf>>
  /** `null`: the payment is authorized, and captured. */
  readonly debits: Debits | null
}

async function lookUpFirst(taking: Taking): Promise<CallResult<CaptureState>> {
  const { work, call, debits } = taking
  const found = await lookUp(work.db, call)
  if (!found.ok) return found
  const payment = found.result
  switch (payment.state) {
    case 'captured': {
      const { disputes = [], hasUnreadableDispute = false, hasInquiry = false } = payment
      const isDisputed = disputes.length > 0 || hasUnreadableDispute || hasInquiry
      return { ok: true, result: { ...payment, isDisputed } }
    }
    case 'declined':
      return { ok: true, result: payment }
    case 'voided': {
      const { reference, cause } = payment
      return {
        ok: true,
        result: { state: 'declined', reference, decline: endedDecline(cause) },
      }
    }
    case 'authorized':
      return await takeMoney(taking)
    case 'absent':
      // A debit that did not arrive is sent again. An authorization appears later.
      return debits ? await takeMoney(taking) : undecided('')
    case 'action_required': {
      const { reference } = payment
      // Nobody can act any more: the call ends the debit.
      if (!debits) return undecided(reference)
      const row = { ...work.row, processor_reference: reference }
      return await takeMoney({ ...taking, call: { ...call, row } })
    }
    case 'undecided':
      return undecided(payment.reference)
  }
}

function undecided(reference: string): CallResult<CaptureState> {
  return { ok: true, result: { state: 'undecided', reference } }
}

/** Captures the authorization, or debits the account. */
async function takeMoney(taking: Taking): Promise<CallResult<CaptureState>> {
  const { db, row } = taking.work
  const firstKey = firstKeyOf(row)
  const processorKey = await processorKeyOf(db, { row, kind: 'capture', firstKey })
  return stateOf(await callProcessor(db, await captureCallOf(taking, processorKey)), row)
}

function firstKeyOf(row: PaymentRow): string {
  return `${row.id}:capture`
}

function amountToCapture(row: PaymentRow): number {
  return row.amount_to_capture ?? row.amount
}

/** The call that captures the authorization, or debits the account. */
async function captureCallOf(
  { work, call, debits }: Taking,
  processorKey: string,
): Promise<ProcessorCall<CaptureResult>> {
  const { processor } = call
  const amountMinor = amountToCapture(work.row)
  const sent = debits && { debits, ...(await debitOf(work)) }
  return {
    ...call,
    kind: 'capture',
    processorKey,
    run: (payment, request) =>
      sent
        ? sent.debits.debit(payment, { ...request, amountMinor, ...sent.given })
        : processor.capture(payment, { ...request, amountMinor }),
    describe: describeOutcome,
  }
}

function stateOf(called: CallResult<CaptureResult>, row: PaymentRow): CallResult<CaptureState> {
  if (!called.ok) return called
  const { outcome: state, ...rest } = called.result
  if (
    called.result.outcome === 'captured' &&
    called.result.capturedMinor !== amountToCapture(row)
  ) {
    // Another part was captured manually, or the answer is wrong: a look-up decides.
    return { ok: false, message: 'The processor has captured another amount.' }
  }
  return { ok: true, result: { state, ...rest } as CaptureState }
}

/** What a debit needs beside the amount. A repeated call passes the same. */
async function debitOf({ db, row }: Work) {
  const { payment_method_token: token } = row
  if (token === null) throw new Error(`the debit of payment ${row.id} has no token`)
  return { given: { token, acceptance: await findAcceptance(db, row) } }
}
