import type { PaymentStatus } from '@hedgepayments/contract'
import { dropTask, inDatabase, move, planTask, record } from '../rows/database.ts'
import { isAllowed } from '../rows/lifecycle.ts'
import { leftToRefund, recordRefund } from '../rows/refunds.ts'
import type { Which } from '../servers.ts'
import type { Setting } from '../setting.ts'
import type { Answer, Client, ClientRequest, State } from '../state.ts'
import type { Step } from '../step.ts'

// The clients, and the requests that are one transaction. A request that was sent is carried out now, later or
// never, and more than once: the client repeats it with its idempotency key until it gets an answer. The
// transaction stores the answer under the key, and every repetition gets the stored answer. So a crash before
// the commit is the run in which the request is carried out later, and an answer that is lost, late or doubled
// is the stored answer. That is why sending a request and getting its answer are no steps of their own.

/** The requests of both clients, as the transactions of the servers. */
export function* requestSteps(state: State, setting: Setting): Generator<Step> {
  for (const n of [0, 1] as const) {
    for (const request of nextRequests(state, n, setting)) {
      if (request !== 'initiate') yield transaction(state, { n, request, setting })
    }
  }
}

/** The requests of which a client sends one next. */
export function nextRequests(
  { clients }: State,
  n: Which,
  setting: Setting,
): readonly ClientRequest[] {
  const { answered, isSubmitting } = clients[n]
  return isSubmitting ? ['initiate'] : (setting.clients[n][answered.length] ?? [])
}

/** Stores the answer to a request. The first answer of a key is final. */
export function store(state: State, n: Which, request: ClientRequest, answer: Answer): State {
  const { answered } = state.clients[n]
  const text = `${request}: ${answer}`
  // Only without the fence: another submission with this key has stored the answer before.
  const first = answered.find((other) => request === 'initiate' && other.startsWith(request))
  if (first === undefined) {
    const change = { isSubmitting: false, snapshot: null, answered: [...answered, text] }
    return withClient(state, n, change)
  }
  return first === text ? state : withClient(state, n, { contradiction: answer })
}

interface Request {
  readonly n: Which
  readonly request: ClientRequest
  readonly setting: Setting
}

function transaction(state: State, given: Request): Step {
  const { n, request } = given
  const { snapshot } = state.clients[n]
  const { status } = state.database
  if (isUnlocked(given) && snapshot === null) {
    const next = withClient(state, n, { snapshot: status })
    return {
      by: 'a server',
      does: `reads the status for the cancel of client ${n + 1}: ${status}`,
      next,
    }
  }
  const does = `commits the ${request} of client ${n + 1}`
  return { by: 'a server', does, next: carryOut(state, given) }
}

function isUnlocked({ request, setting: { fault } }: Request): boolean {
  return request === 'cancel' && fault === 'a cancel reads the status without the lock'
}

function carryOut(state: State, { n, request, setting }: Request): State {
  const answer = (next: State, text: Answer) => store(next, n, request, text)
  switch (request) {
    case 'cancel':
      return cancel(state, answer, { ...setting, snapshot: state.clients[n].snapshot })
    case 'reverse':
      return reverse(state, answer, setting)
    case 'capture':
      return capture(state, answer, setting)
    case 'refund':
      return refund(state, answer)
    case 'initiate':
      throw new Error('a submission is more than one transaction')
  }
}

type StoreAnswer = (next: State, answer: Answer) => State

/** The statement of cancel/cancel.sql.ts: lock, decide, record the answer, move the row, plan the void. */
function cancel(
  state: State,
  answer: StoreAnswer,
  { fault, snapshot }: Setting & { readonly snapshot: PaymentStatus | null },
): State {
  const { status } = state.database
  if (!isAllowed('cancel', status) && fault !== 'a cancel ignores the status') {
    return answer(state, `412 ${snapshot ?? status}`)
  }
  return answer(cancelRow(state, fault), '200 canceled')
}

/** `cancelRows` (transition/rows/cancel-rows.sql.ts) */
export function cancelRow(state: State, fault: Setting['fault']): State {
  const canceled = record(state, 'payment.canceled', { status: 'canceled' })
  if (!state.database.isAssigned || fault === 'a cancel forgets the void') return canceled
  // `on conflict do nothing`
  return state.database.tasks.void === 'none' ? planTask(canceled, 'void') : canceled
}

/** `reversePayment` (reverse/reverse.ts): cancels, refunds the rest, or records the request. */
function reverse(state: State, answer: StoreAnswer, { fault }: Setting): State {
  const { status, events } = state.database
  if (!isAllowed('reverse', status)) return answer(state, `412 ${status}`)
  if (isAllowed('cancel', status)) return answer(cancelRow(state, fault), '200 canceled')
  if (isAllowed('refund', status)) {
    const refunded = recordRefund(state, leftToRefund(state))
    return answer(refunded, `200 ${refunded.database.status}`)
  }
  const isRequested = events.includes('payment.reversal_requested')
  return answer(isRequested ? state : move(state, 'payment.reversal_requested'), `202 ${status}`)
}

/** `requestCapture` (capture/capture.ts): the point of no return. */
function capture(state: State, answer: StoreAnswer, setting: Setting): State {
  const { status } = state.database
  if (!isAllowed('capture', status)) return answer(state, `412 ${status}`)
  const moved = dropTask(process(state, setting), 'watch')
  return answer(moved, '200 processing')
}

/** The step to `processing`, with the task of the capture in the same transaction. */
export function process(state: State, { fault }: Setting): State {
  const moved = move(state, 'payment.processing', { status: 'processing' })
  const dropped = inDatabase(moved, { isProcessPlanned: false })
  return fault === 'a capture is planned after its commit' ? dropped : planTask(dropped, 'capture')
}

/** `refundPayment` (refund/refund.ts), of a part. */
function refund(state: State, answer: StoreAnswer): State {
  const { status } = state.database
  if (!isAllowed('refund', status)) return answer(state, `412 ${status}`)
  const refunded = recordRefund(state, 1)
  return answer(refunded, `200 ${refunded.database.status}`)
}

export function withClient(state: State, n: Which, change: Partial<Client>): State {
  const [first, second] = state.clients
  const clients =
    n === 0
      ? ([{ ...first, ...change }, second] as const)
      : ([first, { ...second, ...change }] as const)
  return { ...state, clients }
}
