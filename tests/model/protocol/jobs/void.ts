import { send, totalOf } from '../processor.ts'
import { abandonCalls } from '../rows/calls.ts'
import { amount, inDatabase, move } from '../rows/database.ts'
import { isToVoid } from '../rows/lifecycle.ts'
import { type Which, withWorker } from '../servers.ts'
import type { State } from '../state.ts'
import type { Job } from './job.ts'
import { finish, postpone, stop } from './worker.ts'

/** `voidPayment` (cancel/void-job.ts) and `refundLateCapture` (cancel/refund-late-capture.ts) */
export const voidJob: Job = {
  begin(state, n, setting) {
    const { status, isAssigned, captured } = state.database
    if (!isToVoid(status) || !isAssigned || captured > 0) return finish(state, n)
    return withWorker(send(abandonCalls(state, n, setting), 'void:1'), n, { at: 'calling' })
  },
  act(state, n) {
    const { result, paid } = state.workers[n]
    if (result === 'voided') return finish(state, n)
    if (result !== 'captured' || paid === null) return postpone(state, n)
    if (totalOf(paid) >= amount)
      return withWorker(state, n, { at: 'answered', result: null, paid: null })
    return refundLate(state, n)
  },
  callKey: ({ key, refund }) => (refund === 2 ? `late_${key}:1` : 'void:1'),
  answered(state, n, answer) {
    const { refund } = state.workers[n]
    const looking = withWorker(state, n, { at: 'looking', refund: null, key: 1 })
    if (refund !== 2) {
      if (answer === 'captured') return [looking]
      return [withWorker(state, n, { at: 'finishing' })]
    }
    // `countAnswered` counts every call with an answer.
    const counted = (given: State) =>
      inDatabase(given, { lateRefunds: given.database.lateRefunds + 1 })
    return [answer === 'refunded' ? counted(looking) : postpone(counted(state), n)]
  },
  // `refundIfCaptured` looks up after a void without an answer.
  silent: (state, n) =>
    state.workers[n].refund === 2 ? postpone(state, n) : withWorker(state, n, { at: 'looking' }),
  /** `recordRefunded`: one event, however often the job runs. */
  record(state, n) {
    const done = withWorker(state, n, { at: 'finishing' })
    const event = 'payment.late_capture_refunded'
    return state.database.events.includes(event) ? done : move(done, event)
  },
}

/** `refundOwed`: each answered refund is followed by the next key. */
function refundLate(state: State, n: Which): State {
  if (!state.workers[n].hasClaim) return stop(state, n)
  const number = state.database.lateRefunds + 1
  if (number > 2) throw new Error('a third refund of a late capture')
  const key = number === 1 ? 1 : 2
  const own = { at: 'calling', key, refund: 2, result: null, paid: null } as const
  return withWorker(send(state, `late_${key}:1`), n, own)
}
