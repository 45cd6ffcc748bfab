import {
  cancelableStatuses,
  initiableStatuses,
  isStep,
  type PaymentStatus,
  paymentStatuses,
  refundableStatuses,
  statusesBeforeEvent,
} from '@hedgepayments/contract'
import { eventsOnce } from '../support/payments/lifecycle.ts'
import type { Aftermath } from './records.ts'
import { reasonOf, type Told } from './rivals.ts'

/** Who can be told what status by a refusal: by the contract's table of the lifecycle. */
const refusing: Readonly<Record<string, readonly PaymentStatus[]>> = {
  payment_not_cancelable: except(cancelableStatuses),
  payment_not_initiable: except(initiableStatuses),
  payment_not_refundable: except(refundableStatuses),
}

function except(allowed: readonly PaymentStatus[]): PaymentStatus[] {
  return paymentStatuses.filter((status) => !allowed.includes(status))
}

/** Statuses in which the processor has the money of a payment. */
const withMoney: readonly PaymentStatus[] = statusesBeforeEvent('payment.settled')

/** What a race has left, with how the payment was when it began. */
export interface Finish {
  readonly before: Aftermath
  readonly after: Aftermath
  readonly told: readonly Told[]
  /** Whether somebody had taken its money before the race, by hand at the processor. */
  readonly isCapturedByHand: boolean
}

/** All that is wrong with what a race has left: nothing, where all went by the contract. */
export function judge(finish: Finish): string[] {
  return [
    ...judgeTimeline(finish.after),
    ...judgeWinners(finish),
    ...judgeRefusals(finish),
    ...judgeRefunds(finish),
    ...judgeBooks(finish),
    ...judgeLedger(finish),
  ]
}

function judgeTimeline({ events, sequence, status, tasks }: Aftermath): string[] {
  const wrong: string[] = []
  events.forEach((event, n) => {
    const before = events[n - 1]
    if (event.sequence !== n + 1) wrong.push(`event ${n + 1} has the number ${event.sequence}`)
    if (!before) return
    if (event.from_status !== before.to_status) wrong.push(`event ${n + 1} begins elsewhere`)
    const step = { event: event.type, from: before.to_status, to: event.to_status }
    if (!isStep(step)) wrong.push(`it went from ${step.from} to ${step.to} by ${step.event}`)
  })
  if (sequence !== events.length) wrong.push(`version ${sequence} has ${events.length} events`)
  if (events.at(-1)?.to_status !== status) wrong.push(`${status} is not what its last event says`)
  for (const type of eventsOnce) {
    const count = events.filter((event) => event.type === type).length
    if (count > 1) wrong.push(`${type} happened ${count} times`)
  }
  if (status === 'processing') wrong.push('it is stuck in processing')
  if (tasks.includes('capture') || tasks.includes('void')) wrong.push(`it is owed a ${tasks}`)
  return wrong
}

/** Each step has the one winner that was told so, and that the event names. */
function judgeWinners({ before, after, told }: Finish): string[] {
  const wrong: string[] = []
  const added = after.events.slice(before.events.length)
  const canceled = added.find((event) => event.type === 'payment.canceled')
  const asked = told.filter(
    ({ rival, status, body }) =>
      status === 200 && isCancel(rival.kind) && body.status === 'canceled',
  )
  const winners = new Set<string>([
    ...asked.map(({ body }) => body.cancellation_reason),
    ...after.bulk.filter(({ outcome }) => outcome === null).map(({ reason }) => reason),
  ])
  const isMine = canceled !== undefined && canceled.actor_type !== 'system'
  const expected = isMine ? [canceled.reason] : []
  if (JSON.stringify([...winners]) !== JSON.stringify(expected)) {
    wrong.push(`canceled by ${expected.join()}, told so: ${[...winners].join()}`)
  }
  for (const { rival, body } of asked) {
    if (body.cancellation_reason !== reasonOf(rival))
      wrong.push(`${rival.reason} has another's win`)
  }
  for (const { status, seen } of after.bulk) {
    if (status !== 'completed') wrong.push(`a cancellation of many is ${status}`)
    if (seen && !refusing.payment_not_cancelable?.includes(seen)) wrong.push(`bulk saw ${seen}`)
  }
  const initiated = told.filter(({ rival, status }) => rival.kind === 'initiate' && status === 200)
  const submitted = added.filter((event) => event.type === 'payment.initiated')
  if (initiated.length !== submitted.length) {
    wrong.push(`${initiated.length} have initiated it, and ${submitted.length} events say so`)
  }
  return wrong
}

/** A loser was told a status that the payment had, and that is a reason to refuse. */
function judgeRefusals({ before, after, told }: Finish): string[] {
  const wrong: string[] = []
  const had = new Set(after.events.slice(before.events.length - 1).map((event) => event.to_status))
  for (const { rival, status, body } of told) {
    if (status < 400) continue
    const { code, details } = body.error
    if (code === 'refund_amount_exceeded' || code === 'idempotency_key_in_use') continue
    const seen: PaymentStatus | undefined = details?.current_status
    const isLegal = seen !== undefined && refusing[code]?.includes(seen) && had.has(seen)
    if (!isLegal) wrong.push(`${rival.reason} was told ${status} ${code}: ${seen}`)
  }
  return wrong
}

function judgeRefunds({ before, after, told }: Finish): string[] {
  const wrong: string[] = []
  const added = after.events.slice(before.events.length)
  const kept = sum(after.refunds.filter(({ status }) => status !== 'failed'))
  if (kept !== after.refunded_amount) wrong.push(`refunds of ${kept}, not ${after.refunded_amount}`)
  if (kept > after.amount) wrong.push(`${kept} was given back of ${after.amount}`)
  if (after.refunds.some(({ status }) => status === 'pending')) wrong.push('a refund is pending')
  const asked = told.filter(
    ({ rival, status, body }) =>
      status === 200 &&
      (rival.kind === 'refund' || (rival.kind === 'reverse' && body.reversal === 'refunded')),
  )
  const later = added.filter((event) => event.type === 'payment.reversal_requested').length
  const isCarriedOut = later > 0 && added.some((event) => event.type === 'payment.succeeded')
  const events = added.filter((event) => event.type === 'payment.refunded').length
  if (events !== asked.length + (isCarriedOut ? 1 : 0) || events !== after.refunds.length) {
    wrong.push(`${asked.length} were refunded, ${events} events, ${after.refunds.length} refunds`)
  }
  const waiting = told.filter(({ status }) => status === 202).length
  if (later !== Math.min(1, waiting)) wrong.push(`${waiting} reversals wait, ${later} events`)
  const sums = new Set([0, ...after.events.map(({ refunded }) => refunded ?? 0)])
  for (const { rival, body } of told) {
    if (body.error?.code !== 'refund_amount_exceeded') continue
    const { refundable_amount: left, refunded_amount: given } = body.error.details
    const isTrue = sums.has(given) && left === after.amount - given
    if (!isTrue || (rival.amountMinor ?? 0) <= left) wrong.push(`${rival.reason}: ${left} left`)
  }
  return wrong
}

/** The processor's books agree with ours. */
function judgeBooks({ after, isCapturedByHand }: Finish): string[] {
  const wrong: string[] = []
  const moved = (kind: string) => after.movements.filter((movement) => movement.kind === kind)
  for (const kind of ['authorize', 'capture', 'void']) {
    if (moved(kind).length > 1) wrong.push(`${kind} moved money ${moved(kind).length} times`)
  }
  const captured = sum(moved('capture'))
  const returned = sum(moved('refund'))
  if (returned > captured) wrong.push(`${returned} went back of ${captured}`)
  switch (after.status) {
    case 'canceled':
      if (captured > 0 && !isCapturedByHand) wrong.push('it was captured and is canceled')
      if (captured !== returned) wrong.push(`the processor keeps ${captured - returned}`)
      if (after.books === 'authorized') wrong.push('an authorization was not voided')
      break
    case 'pending':
    case 'failed':
      if (captured !== returned) wrong.push(`the processor keeps ${captured - returned}`)
      break
    case 'succeeded':
    case 'partially_refunded':
    case 'refunded':
      if (captured !== after.amount) wrong.push(`${captured} was captured`)
      if (returned !== after.refunded_amount) wrong.push(`${returned} went back`)
      break
    case 'initiated':
    case 'processing':
      break
  }
  return wrong
}

function judgeLedger({ after }: Finish): string[] {
  const wrong: string[] = []
  const { ledger } = after
  const of = (name: string) => ledger[name] ?? 0
  const total = Object.values(ledger).reduce((all, balance) => all + balance, 0)
  if (total !== 0) wrong.push(`its accounts make ${total}`)
  const hasMoney = withMoney.includes(after.status)
  const kept = hasMoney ? after.amount - after.refunded_amount : 0
  const fee = after.fee ?? 0
  const is = [of('processor'), of('merchant_pending'), of('fees'), of('refunds')].join(' ')
  const mustBe = [-kept, kept - fee, fee, 0].map((balance) => balance + 0).join(' ')
  if (is !== mustBe) wrong.push(`the ledger says ${is}, not ${mustBe}`)
  return wrong
}

function isCancel(kind: Told['rival']['kind']): boolean {
  return kind === 'cancel' || kind === 'cancel by key' || kind === 'reverse'
}

function sum(amounts: readonly { amount: number }[]): number {
  return amounts.reduce((total, { amount }) => total + amount, 0)
}
