import { commit } from '../../database/commit.ts'
import type { PaymentRow } from '../../database/schema.ts'
import { accountOf } from '../../domain/account.ts'
import { statusesBefore } from '../../domain/lifecycle.ts'
import type { CaptureResult, Decline } from '../../processors/interface/results.ts'
import { abandonAttempts, findLastAttempt } from '../calls/attempts.sql.ts'
import { type CallResult, callProcessor, describeOutcome, lookUp } from '../calls/call-processor.ts'
import { processorKeyOf } from '../calls/processor-keys.ts'
import { callOf, type Work, type WorkResult } from '../tasks/work.ts'
import { type Capture, recordCapture } from './record-capture.ts'

/** The state of a capture at the processor. */
type CaptureState = Capture | { readonly state: 'undecided' }

/**
 * Captures a payment that is `processing`. If a capture was called before, looks the payment up first.
 * If the processor still has the authorization, calls `capture` again with the same idempotency key, or
 * the next key where the processor has kept a failure. However often the job runs, the processor
 * captures once.
 */
export async function capturePayment(work: Work): Promise<WorkResult> {
  const { db, task, row, now, fees } = work
  if (!statusesBefore('succeeded').includes(row.status)) return 'done'
  const lastCall = await findLastAttempt(db, { row, kinds: ['capture'] })
  await abandonAttempts(db, { row, now, task })
  const called = lastCall ? await lookUpFirst(work) : await callCapture(work)
  if (!called.ok) return 'failed'
  const capture = called.result
  if (capture.state === 'undecided') return 'pending'
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

async function lookUpFirst(work: Work): Promise<CallResult<CaptureState>> {
  const found = await lookUp(work.db, await callOf(work))
  if (!found.ok) return found
  const payment = found.result
  switch (payment.state) {
    case 'captured': {
      const { disputes = [], hasUnreadableDispute = false } = payment
      const isDisputed = disputes.length > 0 || hasUnreadableDispute
      return { ok: true, result: { ...payment, isDisputed } }
    }
    case 'declined':
      return { ok: true, result: payment }
    case 'voided':
      return { ok: true, result: { state: 'declined', decline: voided } }
    case 'authorized':
      return await callCapture(work)
    case 'absent':
    case 'action_required':
    case 'undecided':
      return { ok: true, result: { state: 'undecided' } }
  }
}

const voided: Decline = {
  code: 'authorization_expired',
  message: 'The authorization was voided at the processor.',
}

async function callCapture(work: Work): Promise<CallResult<CaptureState>> {
  const { db, row } = work
  const base = await callOf(work)
  const { processor } = base
  const firstKey = `${row.id}:capture`
  const amountMinor = row.amount_to_capture ?? row.amount
  const called = await callProcessor<CaptureResult>(db, {
    ...base,
    kind: 'capture',
    processorKey: await processorKeyOf(db, { row, kind: 'capture', firstKey }),
    run: (payment, request) => processor.capture(payment, { ...request, amountMinor }),
    describe: describeOutcome,
  })
  if (!called.ok) return called
  const { outcome: state, ...rest } = called.result
  if (called.result.outcome === 'captured' && called.result.capturedMinor !== amountMinor) {
    // Another part was captured manually, or the answer is wrong: a look-up decides.
    return { ok: false, message: 'The processor has captured another amount.' }
  }
  return { ok: true, result: { state, ...rest } as CaptureState }
}
