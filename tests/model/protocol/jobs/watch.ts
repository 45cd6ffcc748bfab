import { process } from '../requests/requests.ts'
import { abandonCalls } from '../rows/calls.ts'
import { move } from '../rows/database.ts'
import { isBefore } from '../rows/lifecycle.ts'
import { withWorker } from '../servers.ts'
import type { State } from '../state.ts'
import type { Job } from './job.ts'
import { finish, postpone } from './worker.ts'

/** `watchAuthorization` (watch/watch-job.ts). Its transaction locks the payment and reads it again. */
export const watchJob: Job = {
  begin: (state, n, setting) =>
    isAuthorized(state)
      ? withWorker(abandonCalls(state, n, setting), n, { at: 'looking' })
      : finish(state, n),
  act(state, n, setting) {
    const { result } = state.workers[n]
    const done = withWorker(state, n, { at: 'finishing', result: null })
    if (!isAuthorized(state)) return done
    if (result === 'captured') return process(done, setting)
    if (result === 'absent') return postpone(state, n)
    if (result === 'authorized')
      return setting.captureMethod === 'manual' ? postpone(state, n) : done
    return move(done, 'payment.failed', { status: 'failed' })
  },
  callKey: () => {
    throw new Error('a watch makes no call')
  },
  answered: () => [],
  record: (state) => state,
}

function isAuthorized({ database }: State): boolean {
  return isBefore('processing', database.status)
}
