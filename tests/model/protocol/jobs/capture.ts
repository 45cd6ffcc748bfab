import { send } from '../processor.ts'
import { abandonCalls, disownCalls, keyAfter } from '../rows/calls.ts'
import { amount, inDatabase, move, planTask, post } from '../rows/database.ts'
import { isBefore } from '../rows/lifecycle.ts'
import { leftToRefund, recordRefund } from '../rows/refunds.ts'
import { type Which, withWorker } from '../servers.ts'
import type { Setting } from '../setting.ts'
import type { State } from '../state.ts'
import type { Job } from './job.ts'
import { finish, postpone, stop } from './worker.ts'

/** `capturePayment` (capture/capture-job.ts) */
export const captureJob: Job = {
  begin(state, n, setting) {
    if (!isProcessing(state)) return finish(state, n)
    // If a capture was called before, the payment is looked up first.
    const begun = abandonCalls(state, n, setting)
    if (state.database.captureCall !== null) return withWorker(begun, n, { at: 'looking' })
    return takeMoney(begun, n, setting)
  },
  act(state, n, setting) {
    const { result } = state.workers[n]
    switch (result) {
      case 'authorized':
        return takeMoney(state, n, setting)
      case 'captured':
      case 'declined':
      case 'voided':
        return withWorker(state, n, { at: 'answered' })
      default:
        return postpone(state, n)
    }
  },
  callKey: ({ key }) => `capture:${key}`,
  answered(state, n, answer) {
    if (answer !== 'kept') return [withWorker(state, n, { at: 'answered', result: answer })]
    const last = state.database.captureCall
    const ended =
      last && state.workers[n].ownsCall
        ? inDatabase(state, { captureCall: { ...last, isKept: true } })
        : state
    return [postpone(ended, n)]
  },
  silent(state, n, { fault }) {
    if (fault !== 'a lost answer is a decline') return postpone(state, n)
    return withWorker(state, n, { at: 'answered', result: 'declined' })
  },
  record,
}

function isProcessing({ database }: State): boolean {
  return isBefore('succeeded', database.status)
}

/** `insertAttempt`, which compares the lease token, and the call. */
function takeMoney(state: State, n: Which, { fault }: Setting): State {
  if (!state.workers[n].hasClaim) return stop(state, n)
  const last = state.database.captureCall
  const isNewKey = fault === 'a repeated capture has a new key'
  const key = isNewKey && last !== null ? 2 : keyAfter(last)
  const called = send(inDatabase(state, { captureCall: { key, isKept: false } }), `capture:${key}`)
  const own = { at: 'calling', key, result: null, ownsCall: true } as const
  return withWorker(disownCalls(called, n, 'capture'), n, own)
}

/** `recordCapture` (capture/record-capture.ts): nothing where the payment has left `processing`. */
function record(state: State, n: Which, { fault }: Setting): State {
  const { result } = state.workers[n]
  const done = withWorker(state, n, { at: 'finishing', result: null })
  if (!isProcessing(state)) return done
  if (result !== 'captured') {
    const failed = move(done, 'payment.failed', { status: 'failed' })
    // An authorization that has ended needs no void.
    return result === 'voided' ? failed : planTask(failed, 'void')
  }
  const change = { status: 'succeeded', captured: amount } as const
  const taken = move(done, 'payment.succeeded', change)
  // `postCapture` (ledger/post.ts)
  const succeeded = post(taken, { from: 'merchant', to: 'processor', minor: amount })
  // `carryOutReversal` (reverse/reverse.ts)
  const isRequested = state.database.events.includes('payment.reversal_requested')
  return isRequested && fault !== 'a reversal is forgotten'
    ? recordRefund(succeeded, leftToRefund(succeeded))
    : succeeded
}
