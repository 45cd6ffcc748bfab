import { answerOf, lookUp } from '../processor.ts'
import { abandonCalls, callAuthorize, keepAuthorizeFailure, keyAfter } from '../rows/calls.ts'
import { dropTask, inDatabase, move, planTask } from '../rows/database.ts'
import { isBefore, isToVoid } from '../rows/lifecycle.ts'
import { changeHandlers, changeOthers, isBusy, type Which, withHandler } from '../servers.ts'
import type { Setting } from '../setting.ts'
import { type Books, type Handler, idleHandler, type State } from '../state.ts'
import type { Step } from '../step.ts'
import { nextRequests, store, withClient } from './requests.ts'

// `submitPayment` (payments/submit/submit.ts): two transactions, with calls to the processor between them.
// A lease may end at any time, so another request may take over at any time. A repeated call within one
// request has the same key, so it is not distinguished from a late answer.

/** All steps of the submissions of both servers. */
export function* submissionSteps(state: State, setting: Setting): Generator<Step> {
  for (const n of [0, 1] as const) {
    const handler = state.handlers[n]
    const by = `server ${n + 1}`
    if (handler.at === 'idle') {
      // An idle server is like another idle one: the first one takes the request.
      if (n === 1 && state.handlers[0].at === 'idle') continue
      if (isBusy(state, setting)) continue
      for (const client of [0, 1] as const) {
        if (!nextRequests(state, client, setting).includes('initiate')) continue
        yield {
          by,
          does: `begins to submit for client ${client + 1}`,
          next: begin(state, { n, client, setting }),
        }
      }
      continue
    }
    yield* callSteps(state, n, setting)
    if (handler.at === 'answered') {
      yield {
        by,
        does: `records the result: ${handler.result}`,
        next: recordResult(state, n, setting),
      }
    }
    yield { by, does: 'crashes', next: withHandler(state, n, idleHandler), isFault: true }
  }
}

function* callSteps(state: State, n: Which, setting: Setting): Generator<Step> {
  const handler = state.handlers[n]
  const by = `server ${n + 1}`
  if (handler.at === 'looking') {
    const { books } = lookUp(state, setting)
    yield { by, does: `gets the answer to its look-up: ${books}`, next: lookedUp(state, n, books) }
  }
  if (handler.at === 'authorizing') {
    const answer = answerOf(state, `authorize:${handler.key}`)
    if (answer) {
      const next = authorized(state, n, answer)
      yield { by, does: `gets the answer to authorize:${handler.key}: ${answer}`, next }
    }
  }
  if (handler.at !== 'answered') {
    yield { by, does: 'gets no answer, and answers 502', next: abandon(state, n), isFault: true }
  }
}

/**
 * `beginInTransaction` (submit/begin-submission.ts): claims the key, or takes it over. Records the
 * submission, its first call and the task that reconciles it; and sends the call.
 */
function begin(
  state: State,
  { n, client, setting }: { n: Which; client: Which; setting: Setting },
): State {
  const claimed = takeKey(state, client)
  const { database } = claimed
  if (!isBefore('initiated', database.status)) {
    const won = database.submission === client && database.status !== 'canceled'
    return store(claimed, client, 'initiate', `${won ? 200 : 412} ${database.status}`)
  }
  const last = database.authorizeCall
  const superseded = supersede(inDatabase(claimed, { submission: client, isAssigned: true }))
  const planned = planTask(abandonCalls(superseded, null, setting), 'authorize')
  const handler: Handler = {
    ...idleHandler,
    at: last === null ? 'authorizing' : 'looking',
    client,
    key: keyAfter(last),
    hasKey: true,
    isLatest: true,
  }
  const begun = withHandler(planned, n, handler)
  return last === null ? authorize(begun, n) : begun
}

/** `claimLease` (idempotency/lease.sql.ts): the tokens of other submissions with this key are old. */
function takeKey(state: State, client: Which): State {
  const lost = changeHandlers(state, (handler) =>
    handler.client === client && handler.hasKey ? { ...handler, hasKey: false } : handler,
  )
  return withClient(lost, client, { isSubmitting: true })
}

/** A new number of a submission: those of the others are old. */
function supersede(state: State): State {
  const handlers = changeHandlers(state, (handler) =>
    handler.isLatest ? { ...handler, isLatest: false } : handler,
  )
  return changeOthers(handlers, null, (worker) =>
    worker.isLatest ? { ...worker, isLatest: false } : worker,
  )
}

/** Records the call, and makes it. A request needs no claim for that. */
function authorize(state: State, n: Which): State {
  const handler = state.handlers[n]
  const called = callAuthorize(state, handler.key)
  return withHandler(called, n, { ...handler, at: 'authorizing', ownsCall: true })
}

/** `callUntilAnswered`: authorizes where the processor does not know the payment. */
function lookedUp(state: State, n: Which, books: Books): State {
  if (books === 'absent') return authorize(state, n)
  return withHandler(state, n, {
    ...state.handlers[n],
    at: 'answered',
    result: authorizationOf(books),
  })
}

/** `authorizationOf` (submit/authorize.ts) */
export function authorizationOf(books: Books): Books {
  if (books === 'captured') return 'authorized'
  return books === 'voided' ? 'declined' : books
}

/** `endAttempt`, and the next key after a failure that was kept. */
function authorized(state: State, n: Which, answer: string): State {
  const handler = state.handlers[n]
  if (answer !== 'kept') {
    return withHandler(state, n, { ...handler, at: 'answered', result: answer as Books })
  }
  const ended = keepAuthorizeFailure(state, handler.ownsCall)
  return withHandler(ended, n, { ...handler, at: 'looking', key: 2, ownsCall: false })
}

/** `processorSilent`: releases the lease and plans the look-up. The client asks again. */
function abandon(state: State, n: Which): State {
  const { hasKey } = state.handlers[n]
  const idle = withHandler(state, n, idleHandler)
  return hasKey ? planTask(idle, 'authorize') : idle
}

/** The second transaction: `recordAuthorization` and `answerRecorded` (submit/submit.ts). */
function recordResult(state: State, n: Which, { fault, captureMethod }: Setting): State {
  const handler = state.handlers[n]
  const { client, result } = handler
  if (client === null || result === null) throw new Error('a submission has no result')
  const hasKey = handler.hasKey || fault === 'an answer is stored without the fence'
  const isLatest = handler.isLatest || fault === 'a payment is moved without the fence'
  const standing = !hasKey ? 'lost' : isLatest ? 'current' : 'superseded'
  const recorded = recordAuthorization(state, {
    result,
    captureMethod,
    isCurrent: standing === 'current',
  })
  const idle = withHandler(recorded, n, idleHandler)
  const { status } = recorded.database
  const isDecided = !isBefore('initiated', status)
  // The request waits for the answer of the next owner, or begins again.
  if (standing === 'lost' || !isDecided) return idle
  const won = standing === 'current' && status !== 'canceled'
  return store(idle, client, 'initiate', `${won ? 200 : 412} ${status}`)
}

/** `recordAuthorization` (submit/record-authorization.ts), for a request or a worker. */
export function recordAuthorization(
  state: State,
  given: { result: Books; captureMethod: Setting['captureMethod']; isCurrent: boolean },
): State {
  const { result, captureMethod, isCurrent } = given
  const { status } = state.database
  if (!isBefore('initiated', status)) {
    const dropped = dropTask(state, 'authorize')
    const isReserved = isToVoid(status) && result !== 'declined'
    return isReserved ? planTask(dropped, 'void') : dropped
  }
  if (!isCurrent) return state
  const initiated = dropTask(move(state, 'payment.initiated', { status: 'initiated' }), 'authorize')
  if (result === 'declined') {
    // As at a processor with a dashboard: `planVoidOfDeclined`.
    return planTask(move(initiated, 'payment.failed', { status: 'failed' }), 'void')
  }
  return captureMethod === 'manual'
    ? planTask(initiated, 'watch')
    : inDatabase(initiated, { isProcessPlanned: true })
}
