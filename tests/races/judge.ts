import {
  cancelableStatuses,
  capturableStatuses,
  initiableStatuses,
  isStep,
  type PaymentStatus,
  paymentStatuses,
  refundableStatuses,
} from '@hedgepayments/contract'
import { eventsOnce } from '../support/payments/lifecycle.ts'
import { judgeBooks, judgeLedger, sum, withMoney } from './judge-money.ts'
import type { Aftermath } from './records.ts'
import { type Rival, type RivalAnswer, reasonOf } from './rivals.ts'

/** The statuses that a refusal may report, by error code. Source: the contract's lifecycle. */
const reportable: Readonly<Record<string, readonly PaymentStatus[]>> = {
  payment_not_cancelable: except(cancelableStatuses),
  payment_not_initiable: except(initiableStatuses),
  payment_not_capturable: except(capturableStatuses),
  payment_not_refundable: except(refundableStatuses),
}

/** Refusals that report no status. */
const withoutStatus = ['refund_amount_exceeded', 'invalid_amount', 'idempotency_key_in_use']

function except(allowed: readonly PaymentStatus[]): PaymentStatus[] {
  return paymentStatuses.filter((status) => !allowed.includes(status))
}

/** The payment's records before and after its race, and the answers to its rivals. */
export interface RaceResult {
  readonly before: Aftermath
  readonly after: Aftermath
  readonly answers: readonly RivalAnswer[]
  /** Whether the payment was captured manually at the processor before the race. */
  readonly isCapturedByHand: boolean
}

/** Lists every violation of the contract in the result of a race. Empty: there is none. */
export function judge(result: RaceResult): string[] {
  return [
    ...judgeTimeline(result.after),
    ...judgeWinners(result),
    ...judgeCaptures(result),
    ...judgeRefusals(result),
    ...judgeRefunds(result),
    ...judgeBooks(result),
    ...judgeLedger(result),
  ]
}

function judgeTimeline({ events, sequence, status, tasks }: Aftermath): string[] {
  const wrong: string[] = []
  events.forEach((event, n) => {
    const before = events[n - 1]
    if (event.sequence !== n + 1) wrong.push(`event ${n + 1} has the sequence ${event.sequence}`)
    if (!before) return
    if (event.from_status !== before.to_status) {
      wrong.push(`event ${n + 1} starts from ${event.from_status}, not ${before.to_status}`)
    }
    const step = { event: event.type, from: before.to_status, to: event.to_status }
    if (!isStep(step)) wrong.push(`forbidden step ${step.from} to ${step.to} by ${step.event}`)
  })
  if (sequence !== events.length) wrong.push(`version ${sequence} has ${events.length} events`)
  const last = events.at(-1)?.to_status
  if (last !== status) wrong.push(`status ${status}, but the last event leads to ${last}`)
  for (const type of eventsOnce) {
    const count = events.filter((event) => event.type === type).length
    if (count > 1) wrong.push(`${type} happened ${count} times`)
  }
  if (status === 'processing') wrong.push('the payment is stuck in processing')
  if (tasks.includes('capture') || tasks.includes('void')) wrong.push(`open tasks: ${tasks}`)
  return wrong
}

/** Each step has exactly one winner: the request that got 200, which is the one in the event. */
function judgeWinners({ before, after, answers }: RaceResult): string[] {
  const wrong: string[] = []
  const added = after.events.slice(before.events.length)
  const canceled = added.find((event) => event.type === 'payment.canceled')
  const acknowledged = answers.filter(
    ({ rival, status, body }) =>
      status === 200 && isCancel(rival.kind) && body.status === 'canceled',
  )
  const winners = new Set<string>([
    ...acknowledged.map(({ body }) => body.cancellation_reason),
    ...after.bulk.filter(({ outcome }) => outcome === null).map(({ reason }) => reason),
  ])
  const isByClient = canceled !== undefined && canceled.actor_type !== 'system'
  const expected = isByClient ? [canceled.reason] : []
  if (JSON.stringify([...winners]) !== JSON.stringify(expected)) {
    wrong.push(`canceled by ${expected.join()}, acknowledged to ${[...winners].join()}`)
  }
  for (const { rival, body } of acknowledged) {
    if (body.cancellation_reason !== reasonOf(rival)) {
      wrong.push(`${rival.reason} got 200 for the cancel of ${body.cancellation_reason}`)
    }
  }
  for (const { status, seen } of after.bulk) {
    if (status !== 'completed') wrong.push(`a bulk cancel is ${status}`)
    if (seen && !reportable.payment_not_cancelable?.includes(seen)) wrong.push(`bulk saw ${seen}`)
  }
  const initiates = answers.filter(
    ({ rival, status }) => rival.kind === 'initiate' && status === 200,
  )
  const events = added.filter((event) => event.type === 'payment.initiated')
  if (initiates.length !== events.length) {
    wrong.push(`${initiates.length} initiates got 200, with ${events.length} events`)
  }
  return wrong
}

/** One capture wins at most. Its part is what the processor has taken, and no part exceeds the amount. */
function judgeCaptures({ before, after, answers, isCapturedByHand }: RaceResult): string[] {
  const wrong: string[] = []
  const captures = answers.filter(({ rival }) => rival.kind === 'capture')
  const won = captures.filter(({ status }) => status === 200)
  const events = after.events
    .slice(before.events.length)
    .filter((event) => event.type === 'payment.processing' && event.actor_type !== 'system')
  if (won.length !== events.length || won.length > 1) {
    wrong.push(`${won.length} captures got 200, with ${events.length} events`)
  }
  const part = won[0]?.rival.amountMinor ?? after.amount
  const isTaken = withMoney.includes(after.status)
  if (won.length > 0 && isTaken && !isCapturedByHand && after.captured_amount !== part) {
    wrong.push(`captured ${after.captured_amount}, the request was for ${part}`)
  }
  for (const { rival, body } of captures) {
    const isExceeding = (rival.amountMinor ?? 0) > after.amount
    if (body.error?.code === 'invalid_amount' && !isExceeding) {
      wrong.push(`${rival.reason} was refused although ${after.amount} is authorized`)
    }
  }
  return wrong
}

/** A refusal reports a status that the payment had during the race, and that justifies the refusal. */
function judgeRefusals({ before, after, answers }: RaceResult): string[] {
  const wrong: string[] = []
  const had = new Set(after.events.slice(before.events.length - 1).map((event) => event.to_status))
  for (const { rival, status, body } of answers) {
    if (status < 400) continue
    const { code, details } = body.error
    if (withoutStatus.includes(code)) continue
    const seen: PaymentStatus | undefined = details?.current_status
    const isAllowed = seen !== undefined && reportable[code]?.includes(seen) && had.has(seen)
    if (!isAllowed) wrong.push(`${rival.reason} got ${status} ${code}: ${seen}`)
  }
  return wrong
}

/** Each acknowledged refund and reversal has one event and one refund, never above the amount. */
function judgeRefunds({ before, after, answers }: RaceResult): string[] {
  const wrong: string[] = []
  const added = after.events.slice(before.events.length)
  const refunded = sum(after.refunds.filter(({ status }) => status !== 'failed'))
  if (refunded !== after.refunded_amount) {
    wrong.push(`the refunds sum to ${refunded}, refunded_amount is ${after.refunded_amount}`)
  }
  if (refunded > after.captured_amount) {
    wrong.push(`refunded ${refunded} of ${after.captured_amount}`)
  }
  if (after.refunds.some(({ status }) => status === 'pending')) wrong.push('a refund is pending')
  const acknowledged = answers.filter(
    ({ rival, status, body }) =>
      status === 200 &&
      (rival.kind === 'refund' || (rival.kind === 'reverse' && body.reversal === 'refunded')),
  )
  const requests = added.filter((event) => event.type === 'payment.reversal_requested').length
  // A requested reversal becomes a refund once the payment has succeeded.
  const isCarriedOut = requests > 0 && added.some((event) => event.type === 'payment.succeeded')
  const events = added.filter((event) => event.type === 'payment.refunded').length
  if (events !== acknowledged.length + (isCarriedOut ? 1 : 0) || events !== after.refunds.length) {
    const counts = `${events} events, ${after.refunds.length} refunds`
    wrong.push(`${acknowledged.length} refunds were acknowledged: ${counts}`)
  }
  const waiting = answers.filter(({ status }) => status === 202).length
  if (requests !== Math.min(1, waiting)) {
    wrong.push(`${waiting} reversals got 202, with ${requests} events`)
  }
  return [...wrong, ...judgeExceededRefunds(after, answers)]
}

/** A refund that exceeds the amount is refused with amounts that the payment had, and that exceed it. */
function judgeExceededRefunds(after: Aftermath, answers: readonly RivalAnswer[]): string[] {
  const wrong: string[] = []
  const sums = new Set([0, ...after.events.map(({ refunded }) => refunded ?? 0)])
  for (const { rival, body } of answers) {
    if (body.error?.code !== 'refund_amount_exceeded') continue
    const { refundable_amount: left, refunded_amount: refunded } = body.error.details
    const isTrue = sums.has(refunded) && left === after.captured_amount - refunded
    if (!isTrue || (rival.amountMinor ?? 0) <= left) {
      wrong.push(`${rival.reason} was refused although ${left} can be refunded`)
    }
  }
  return wrong
}

function isCancel(kind: Rival['kind']): boolean {
  return kind === 'cancel' || kind === 'cancel by key' || kind === 'reverse'
}
