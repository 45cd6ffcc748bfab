import type { EventActor, HedgeEvent, Payment, PaymentAttempt } from '@hedgepayments/node'
import { moneyOf, timeOf } from './payment-facts.ts'
import { quoted } from './results.ts'

/** One entry of a timeline. */
export interface Entry {
  /** ISO 8601 UTC. */
  readonly at: string
  readonly text: string
  /** The type of the event, or `attempt`. */
  readonly kind: string
}

/** The events that contain the result of a call. At the same second they follow the call. */
const resultsOf: Readonly<Record<string, readonly string[]>> = {
  authorize: ['payment.action_required', 'payment.initiated', 'payment.failed'],
  capture: ['payment.succeeded', 'payment.failed'],
  refund: ['payment.refund_succeeded', 'payment.refund_failed'],
  refund_late_capture: ['payment.late_capture_refunded'],
}

/**
 * Merges the events of a payment and the calls to its processor, oldest first. Times are whole seconds,
 * so within a second a call stands before the events that contain its result, and after all others.
 */
export function timelineOf(
  payment: Payment,
  { events, attempts }: { events: readonly HedgeEvent[]; attempts: readonly PaymentAttempt[] },
): Entry[] {
  const waiting = [...attempts].sort((a, b) => a.number - b.number)
  const entries: Entry[] = []
  for (const event of [...events].sort((a, b) => a.sequence - b.sequence)) {
    while (waiting[0] && isBefore(waiting[0], event)) {
      entries.push(entryOfAttempt(waiting.shift() as PaymentAttempt))
    }
    const at = event.created
    entries.push({ at, kind: event.type, text: `${sentenceOf(event, payment)}${by(event.actor)}` })
  }
  return [...entries, ...waiting.map(entryOfAttempt)]
}

function isBefore(attempt: PaymentAttempt, event: HedgeEvent): boolean {
  if (attempt.started_at !== event.created) return attempt.started_at < event.created
  return resultsOf[attempt.kind]?.includes(event.type) ?? false
}

/** `2024-06-15 10:32:00 UTC: Canceled.` */
export const lineOfEntry = ({ at, text }: Entry) => `${timeOf(at)}: ${text}`

function sentenceOf(event: HedgeEvent, payment: Payment): string {
  const because = event.reason === null ? '' : ` Reason: ${quoted(event.reason)}.`
  const sentence = sentences[event.type]
  if (!sentence) return `Event ${event.type}.${because}`
  const data = event.data.object === 'payment' ? (event.data as Payment) : payment
  return `${sentence(data)}${because}`
}

// Not every type, and not required to be: a newer server may have more.
const sentences: Readonly<Partial<Record<string, (payment: Payment) => string>>> = {
  'payment.created': (payment) =>
    `Created: ${moneyOf(payment.amount, payment)}, to be paid by ${payment.payment_method}.`,
  'payment.action_required': () => 'The customer must confirm the payment.',
  'payment.initiated': ({ cancelable_until: until }) =>
    until === null
      ? 'Submitted to the processor. It could still be canceled.'
      : `Submitted to the processor. A cancel was guaranteed until ${timeOf(until)}.`,
  'payment.authorization_expiring': ({ authorization_expires_at: end }) =>
    `The authorization ends in a day${end === null ? '' : `, at ${timeOf(end)}`}.`,
  'payment.processing': () => 'The network has it. From here on it could not be canceled.',
  'payment.succeeded': (payment) =>
    `Succeeded: ${moneyOf(payment.captured_amount, payment)} was taken.`,
  'payment.failed': (payment) =>
    `Failed: ${payment.failure_code ?? 'no code'}${messageOf(payment.failure_message)}.`,
  'payment.canceled': () => 'Canceled. The customer is not charged.',
  'payment.late_capture_refunded': () =>
    'The processor had taken the money although the payment had ended. It was refunded.',
  'payment.resolved': () => 'An operator closed what the payment waited for.',
  'payment.refunded': (payment) =>
    `Refund recorded. In total ${moneyOf(payment.refunded_amount, payment)} of ` +
    `${moneyOf(payment.captured_amount, payment)} is refunded or on its way.`,
  'payment.refund_succeeded': () => 'The processor carried out a refund.',
  'payment.refund_failed': () =>
    'The processor refused a refund, or the bank returned it. Its amount can be refunded again.',
  'payment.reversal_requested': () =>
    'A reversal was requested. It follows as soon as the processor has decided.',
  'payment.settled': () => 'Settled: the money reached the merchant.',
  'payment.disputed': () => 'The customer disputes the payment at the bank. It cannot be refunded.',
  'dispute.created': () => 'A dispute was opened.',
  'dispute.updated': () => 'The dispute has changed.',
  'dispute.won': () => "The dispute was won: the amount is the merchant's again.",
  'dispute.lost': () => 'The dispute was lost: the customer keeps the amount.',
  'ach.returned': () => 'The bank returned the payment.',
  'payment.returned': (payment) =>
    `Returned by the bank after its success: ${payment.failure_code ?? 'no code'}. It is not paid.`,
}

const messageOf = (message: string | null) => (message === null ? '' : `, ${quoted(message)}`)

function by({ type, id }: EventActor): string {
  if (type === 'api_key') return ` By the API key ${id}.`
  if (type === 'customer') return ' By the customer.'
  if (type === 'processor') return ' Reported by the processor.'
  return ''
}

function entryOfAttempt(attempt: PaymentAttempt): Entry {
  const { kind, processor, started_at: at, ended_at: end } = attempt
  const asked = `Call ${attempt.number} to the processor ${quoted(processor)}: ${purposes[kind] ?? kind}.`
  const later = end === null || end === at ? '' : ` It ended at ${timeOf(end)}.`
  return { at, kind: 'attempt', text: `${asked} ${resultOf(attempt)}${later}` }
}

const purposes: Readonly<Partial<Record<string, string>>> = {
  authorize: 'authorize the amount',
  capture: 'take the money',
  void: 'void the authorization',
  refund: 'refund',
  refund_late_capture: 'refund money that was taken too late',
  look_up: 'look up the payment',
}

function resultOf({ outcome, code, message }: PaymentAttempt): string {
  if (outcome === null) return 'It is in progress.'
  if (outcome === 'unknown') return 'There was no usable answer, so the result is unknown.'
  const why = [code, message === null ? null : quoted(message)].filter((part) => part !== null)
  const details = why.length > 0 ? ` (${why.join(', ')})` : ''
  return `Result: ${outcome.replaceAll('_', ' ')}${details}.`
}
