import { type EventType, isStep, type PaymentStatus } from '@hedgepayments/contract'
import { totalOf } from './processor.ts'
import { amount } from './rows/database.ts'
import { isAllowed } from './rows/lifecycle.ts'
import type { Setting } from './setting.ts'
import { type CallKey, type ClientRequest, callKeys, type State, taskKinds } from './state.ts'

// The properties. Each returns what is wrong, or `null`.

/** The property that a state breaks; `null`: none. All of them must be true in every state. */
export function brokenInvariant(state: State, setting: Setting): string | null {
  return (
    brokenPath(state) ??
    brokenCancel(state) ??
    brokenCalls(state) ??
    brokenMoney(state) ??
    brokenAnswers(state, setting)
  )
}

/** The events are the path of the row without gaps, and each step is in the lifecycle. */
function brokenPath({ database: { events, status } }: State): string | null {
  const path = `${events} ${status}`
  let broken = checkedPaths.get(path)
  if (broken === undefined) {
    broken = checkPath(events, status)
    checkedPaths.set(path, broken)
  }
  return broken
}

const checkedPaths = new Map<string, string | null>()

function checkPath(events: string, status: PaymentStatus): string | null {
  let from: PaymentStatus | null = null
  for (const text of events.split(' ')) {
    const [event, to] = text.split('>') as [EventType, PaymentStatus]
    if (!isStep({ event, from, to }))
      return `the lifecycle has no step ${event} from ${from} to ${to}`
    from = to
  }
  return from === status ? null : `the last event says ${from}, the row says ${status}`
}

/** A canceled payment stays canceled, and no call of Hedge takes its money. */
function brokenCancel({ database, processor, clients }: State): string | null {
  const isCanceled = database.status === 'canceled'
  const isAnswered = clients.some((client) =>
    answersOf(client).some(
      ({ request, status, code }) => isCancel(request) && code === 200 && status === 'canceled',
    ),
  )
  if (isAnswered && !isCanceled)
    return 'a client was told `canceled`, and the payment is not canceled'
  if (isCanceled && processor.charges > 0)
    return 'a canceled payment was captured by a call of Hedge'
  if (database.status === 'failed' && processor.charges > 0)
    return 'a payment that has failed was captured by a call of Hedge'
  return null
}

function isCancel(request: ClientRequest): boolean {
  return request === 'cancel' || request === 'reverse'
}

/** Nothing irrevocable leaves before the row allows it. */
function brokenCalls({ database, processor }: State): string | null {
  const isSent = (name: string) =>
    callKeys.some((key) => key.startsWith(name) && processor.calls[key as CallKey] !== 'unsent')
  if (isSent('capture') && !database.events.includes('payment.processing'))
    return 'a capture has left, and the row was never `processing`'
  if (isSent('refund') && !database.events.includes('payment.refunded'))
    return 'a refund has left, and no refund is recorded'
  if (isSent('void') && database.status !== 'canceled' && database.status !== 'failed')
    return 'a void has left, and the payment is neither canceled nor failed'
  return null
}

/** No money is taken or paid twice, and the ledger sums to zero. */
function brokenMoney({ database, processor }: State): string | null {
  const { ledger, refunds } = database
  if (processor.charges > 1) return 'the customer was charged twice'
  const tooMuch = refunds.some(({ amount: minor }, n) => (processor.paid[n] ?? 0) > minor)
  if (tooMuch) return 'a refund was paid twice'
  if (totalOf(processor.paid) > amount) return 'more was refunded than captured'
  if (ledger.processor + ledger.merchant + ledger.refunds !== 0)
    return 'the ledger does not sum to zero'
  const pending = refunds.reduce(
    (sum, { status, amount: minor }) => sum + (status === 'pending' ? minor : 0),
    0,
  )
  if (ledger.refunds !== pending) return 'the ledger disagrees with the pending refunds'
  return null
}

/** Answers agree with the row and with each other. */
function brokenAnswers({ database, clients }: State, { begins }: Setting): string | null {
  if (clients.some(({ contradiction }) => contradiction !== null))
    return 'one idempotency key has got two different answers'
  const answers = clients.flatMap((client) => answersOf(client))
  for (const { request, code, status } of answers) {
    if (!database.events.includes(`>${status}`))
      return `an answer says ${status}, which the row never said`
    if (code === 412 && isAllowed(request, status))
      return `a ${request} was refused with the status ${status}, which allows it`
  }
  const won = answers.filter(({ code }) => code === 200)
  const count = (requests: readonly ClientRequest[], statuses: readonly PaymentStatus[]) =>
    won.filter(({ request, status }) => requests.includes(request) && statuses.includes(status))
      .length
  const cancels = count(['cancel', 'reverse'], ['canceled'])
  const captures = count(['capture'], ['processing'])
  if (cancels + captures > 1) return 'more than one of cancel, reverse and capture has won'
  const initiates = won.filter(({ request }) => request === 'initiate').length
  if (initiates > (begins === 'pending' ? 1 : 0)) return 'two requests have initiated the payment'
  return null
}

interface Answered {
  readonly request: ClientRequest
  readonly code: number
  readonly status: PaymentStatus
}

/** The stored answers of a client's requests. */
function answersOf({ answered }: State['clients'][number]): Answered[] {
  return answered.map(parseAnswer)
}

const parsedAnswers = new Map<string, Answered>()

function parseAnswer(text: string): Answered {
  let parsed = parsedAnswers.get(text)
  if (!parsed) {
    const [request, code, status] = text.split(/:? /)
    parsed = {
      request: request as ClientRequest,
      code: Number(code),
      status: status as PaymentStatus,
    }
    parsedAnswers.set(text, parsed)
  }
  return parsed
}

/** Whether nothing is left to do: all requests are answered, no task is open, and no caller waits. */
export function isFinal(state: State, { clients }: Setting): boolean {
  const { database, processor, handlers, workers } = state
  return (
    state.clients.every(({ answered }, n) => answered.length === clients[n as 0 | 1].length) &&
    handlers.every(({ at }) => at === 'idle') &&
    workers.every(({ at }) => at === 'idle') &&
    processor.message !== 'first' &&
    taskKinds.every((kind) => database.tasks[kind] === 'none') &&
    !['pending', 'initiated', 'processing'].includes(database.status)
  )
}

/** What is wrong in a final state: it must agree with the books of the processor. */
export function brokenFinally({ database, processor, clients }: State): string | null {
  const { status, ledger, captured, refunded } = database
  const { books, paid, charges, isCapturedByHand } = processor
  const taken = charges > 0 || isCapturedByHand ? amount : 0
  const left = taken - totalOf(paid)
  if (left !== captured - refunded)
    return `the payment is ${status}: ${captured - refunded} is left here, and ${left} at the processor`
  if (ledger.processor !== refunded - captured) return 'the ledger disagrees with the processor'
  if (database.refunds.some((refund) => refund.status === 'pending'))
    return 'a refund has no result'
  const isReserved = books === 'authorized'
  if (isReserved) return `the payment is ${status}, and the amount is still reserved`
  const isReversed = clients.some(({ answered }) =>
    answered.some((text) => text.startsWith('reverse: 20')),
  )
  const isBack = status !== 'succeeded' && status !== 'partially_refunded'
  const hasFailedRefund = database.refunds.some((refund) => refund.status === 'failed')
  if (isReversed && !isBack && !hasFailedRefund)
    return `a reversal was accepted, and the payment is ${status}`
  return null
}
