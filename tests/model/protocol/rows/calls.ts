import { send } from '../processor.ts'
import { changeHandlers, changeOthers, type Which } from '../servers.ts'
import type { Setting } from '../setting.ts'
import type { Attempt, State, TaskKind } from '../state.ts'
import { inDatabase } from './database.ts'

// The calls in `payment_attempts`. Of each kind only the latest call matters: it decides the next key.

/** `keyAfter` (calls/processor-keys.ts): a failure that was kept for a key needs the next key. */
export function keyAfter(last: Attempt | null): 1 | 2 {
  if (last === null) return 1
  return last.isKept ? 2 : last.key
}

/** `insertAttempt` of an authorization, and the call. The calls of others are not the latest any more. */
export function callAuthorize(state: State, key: 1 | 2): State {
  const own = changeHandlers(state, (handler) =>
    handler.ownsCall ? { ...handler, ownsCall: false } : handler,
  )
  const authorizeCall = { key, isKept: false }
  const recorded = inDatabase(disownCalls(own, null, 'authorize'), { authorizeCall })
  return send(recorded, `authorize:${key}`)
}

/** The calls of the other workers of this kind are not the latest any more. */
export function disownCalls(state: State, own: Which | null, kind: TaskKind): State {
  return changeOthers(state, own, (worker) =>
    worker.kind === kind && worker.ownsCall ? { ...worker, ownsCall: false } : worker,
  )
}

/** `endAttempt` of an authorization whose failure the processor keeps, if it is the latest. */
export function keepAuthorizeFailure(state: State, ownsCall: boolean): State {
  const last = state.database.authorizeCall
  return last && ownsCall ? inDatabase(state, { authorizeCall: { ...last, isKept: true } }) : state
}

/**
 * `abandonAttempts` (calls/attempts.sql.ts): the calls of others have no result. A failure that the processor
 * keeps for the key of such a call is not recorded any more.
 */
export function abandonCalls(state: State, own: Which | null, { fault }: Setting): State {
  if (fault === 'an abandoned call records a kept failure') return state
  const changed = changeHandlers(state, (handler) =>
    handler.ownsCall ? { ...handler, ownsCall: false } : handler,
  )
  return changeOthers(changed, own, (worker) =>
    worker.ownsCall ? { ...worker, ownsCall: false } : worker,
  )
}
