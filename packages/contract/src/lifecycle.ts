import type { EventType } from './resources/event-type.ts'
import { type PaymentAction, type PaymentStatus, paymentStatuses } from './statuses.ts'

/** What can happen to a payment in one status. */
interface Stage {
  /** What the status means to a merchant, for the documents. */
  readonly meaning: string
  /** The statuses that can follow, each with the event that says so. */
  readonly to: Readonly<Partial<Record<PaymentStatus, EventType>>>
  /** Events that leave the status as it is. */
  readonly stays: readonly EventType[]
}

/** The status in which every payment begins, by the event `payment.created`. */
export const firstStatus = 'pending' satisfies PaymentStatus

/**
 * The whole life of a payment: every step that there is. Each step is one event. The server's
 * decisions, the guards of its SQL, the triggers of the database, the documents and the tests'
 * oracles derive from this table.
 *
 * One transition goes backwards: when the processor refuses a refund for good, its amount is
 * subtracted from `refunded_amount` and the status is computed again.
 *
 * Source: api.md, Payments.
 */
export const lifecycle = {
  pending: {
    meaning: 'created, not yet submitted',
    to: { initiated: 'payment.initiated', canceled: 'payment.canceled' },
    stays: ['payment.action_required'],
  },
  initiated: {
    meaning: 'submitted, the network has not taken it',
    to: {
      processing: 'payment.processing',
      failed: 'payment.failed',
      canceled: 'payment.canceled',
    },
    stays: [],
  },
  processing: {
    meaning: 'the network has it: the point of no return',
    to: { succeeded: 'payment.succeeded', failed: 'payment.failed' },
    stays: ['payment.reversal_requested'],
  },
  succeeded: {
    meaning: 'done',
    to: { partially_refunded: 'payment.refunded', refunded: 'payment.refunded' },
    stays: ['payment.settled'],
  },
  partially_refunded: {
    meaning: 'a part went back',
    to: { refunded: 'payment.refunded', succeeded: 'payment.refund_failed' },
    stays: [
      'payment.refunded',
      'payment.refund_succeeded',
      'payment.refund_failed',
      'payment.settled',
    ],
  },
  refunded: {
    meaning: 'all of it went back',
    to: { partially_refunded: 'payment.refund_failed', succeeded: 'payment.refund_failed' },
    stays: ['payment.refund_succeeded', 'payment.settled'],
  },
  failed: {
    meaning: 'declined or returned; final',
    to: {},
    stays: ['ach.returned', 'payment.late_capture_refunded'],
  },
  canceled: {
    meaning: 'canceled or expired; final',
    to: {},
    stays: ['payment.late_capture_refunded'],
  },
} as const satisfies Readonly<Record<PaymentStatus, Stage>>

type Lifecycle = typeof lifecycle

/** The statuses in which an event can happen to a payment. */
export type StatusBefore<Event extends EventType> = {
  [Status in PaymentStatus]: Event extends
    | Lifecycle[Status]['to'][keyof Lifecycle[Status]['to']]
    | Lifecycle[Status]['stays'][number]
    ? Status
    : never
}[PaymentStatus]

/** The events that can happen in a status, without repetition. */
export function eventsIn(status: PaymentStatus): EventType[] {
  const { to, stays }: Stage = lifecycle[status]
  return [...new Set([...Object.values(to), ...stays])]
}

/** The statuses in which an event can happen, in the order of a payment's life. */
export function statusesBeforeEvent<Event extends EventType>(event: Event): StatusBefore<Event>[] {
  return paymentStatuses.filter((status) =>
    eventsIn(status).includes(event),
  ) as StatusBefore<Event>[]
}

/** The statuses that can follow one, in the order of a payment's life. */
export function statusesAfter(from: PaymentStatus): PaymentStatus[] {
  return paymentStatuses.filter((to) => canMove({ from, to }))
}

/** Whether a payment may go from one status to another in one step. Staying is not a step. */
export function canMove({ from, to }: { from: PaymentStatus; to: PaymentStatus }): boolean {
  const { to: following }: Stage = lifecycle[from]
  return following[to] !== undefined
}

/** Whether the event may take a payment from one status to another, or leave it where it is. */
export function isStep(step: {
  event: EventType
  from: PaymentStatus | null
  to: PaymentStatus
}): boolean {
  const { event, from, to } = step
  if (from === null) return event === 'payment.created' && to === firstStatus
  const stage: Stage = lifecycle[from]
  return from === to ? stage.stays.includes(event) : stage.to[to] === event
}

/** The statuses in which a payment can be canceled, as the founding page lists them. */
export const cancelableStatuses = statusesBeforeEvent('payment.canceled')

/** The statuses in which a payment can be refunded. */
export const refundableStatuses = statusesBeforeEvent('payment.refunded')

/** The statuses in which a payment can be submitted. */
export const initiableStatuses = statusesBeforeEvent('payment.initiated')

/** What each action makes happen: it is allowed wherever one of these events can happen. */
const eventsOfActions = {
  initiate: ['payment.initiated'],
  cancel: ['payment.canceled'],
  refund: ['payment.refunded'],
  reverse: ['payment.canceled', 'payment.refunded', 'payment.reversal_requested'],
} as const satisfies Readonly<Record<PaymentAction, readonly EventType[]>>

/** Whether the action would be accepted now. A reversal is also taken while processing. */
export function isAllowed(action: PaymentAction, status: PaymentStatus): boolean {
  return eventsOfActions[action].some((event) => eventsIn(status).includes(event))
}
