import { authorizationOf, recordAuthorization } from '../requests/submissions.ts'
import { abandonCalls, callAuthorize, keepAuthorizeFailure, keyAfter } from '../rows/calls.ts'
import { isBefore } from '../rows/lifecycle.ts'
import { type Which, withWorker } from '../servers.ts'
import type { Setting } from '../setting.ts'
import type { Books, CallAnswer, State } from '../state.ts'
import type { Job } from './job.ts'
import { finish, postpone, stop } from './worker.ts'

/** `reconcileAuthorization` (submit/authorization-job.ts) */
export const authorizeJob: Job = {
  begin(state, n, setting) {
    if (!isPending(state)) return finish(state, n)
    return withWorker(abandonCalls(state, n, setting), n, { at: 'looking', isLatest: true })
  },
  act(state, n) {
    const { result, hasClaim } = state.workers[n]
    if (result !== 'absent') {
      return withWorker(state, n, { at: 'answered', result: authorizationOf(result as Books) })
    }
    // `insertAttempt` compares the lease token.
    if (!hasClaim) return stop(state, n)
    const key = keyAfter(state.database.authorizeCall)
    return withWorker(callAuthorize(state, key), n, {
      at: 'calling',
      key,
      result: null,
      ownsCall: true,
    })
  },
  callKey: ({ key }) => `authorize:${key}`,
  answered(state, n, answer) {
    if (answer !== 'kept') return [withWorker(state, n, { at: 'answered', result: answer })]
    return [postpone(keepAuthorizeFailure(state, state.workers[n].ownsCall), n)]
  },
  record,
}

function isPending({ database }: State): boolean {
  return isBefore('initiated', database.status)
}

function record(state: State, n: Which, { fault, captureMethod }: Setting): State {
  const { result, hasClaim, isLatest } = state.workers[n]
  // An authorization is recorded without the claim too. Any other result may be outdated.
  if (result !== 'authorized' && !hasClaim) return stop(state, n)
  const isCurrent = isLatest || fault === 'a payment is moved without the fence'
  const given = { result: result as Books & CallAnswer, captureMethod, isCurrent }
  const recorded = recordAuthorization(state, given)
  return isPending(recorded)
    ? postpone(recorded, n)
    : withWorker(recorded, n, { at: 'finishing', result: null })
}
