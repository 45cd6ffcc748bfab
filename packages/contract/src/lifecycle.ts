import {
  type EventType,
  type PaymentAction,
  type PaymentStatus,
  paymentStatuses,
} from './values.ts'

/** The events that can happen in one status. */
interface Stage {
  /** The meaning of the status, for the documentation. */
  readonly meaning: string
  /** The statuses that can follow, each with its event. */
  readonly to: Readonly<Partial<Record<PaymentStatus, EventType>>>
  /** The events that do not change the status. */
  readonly stays: readonly EventType[]
}

/** The first status of every payment, after the event `payment.created`. */
export const firstStatus = 'pending' satisfies PaymentStatus

/** The events of a dispute. Money can be taken at the processor although the payment was canceled. */
const disputeSteps = [
  'dispute.created',
  'dispute.updated',
  'dispute.won',
  'dispute.lost',
] as const satisfies readonly EventType[]
const disputeEvents = ['payment.disputed', ...disputeSteps] as const satisfies readonly EventType[]

/**
 * The lifecycle of a payment: all steps. Each step is one event. The server's decisions, the guards
 * of its SQL, the triggers of the database, the documentation and the tests' oracles derive from this
 * table.
 *
 * One transition goes backwards: when the processor refuses a refund for good, its amount is
 * subtracted from `refunded_amount` and the status is computed again. And a bank can return a debit
 * after its success: then the payment has failed.
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
    stays: ['payment.authorization_expiring'],
  },
  processing: {
    meaning: 'the network has it: the point of no return',
    to: { succeeded: 'payment.succeeded', failed: 'payment.failed' },
    stays: ['payment.reversal_requested'],
  },
  succeeded: {
    meaning: 'done',
    to: {
      partially_refunded: 'payment.refunded',
      refunded: 'payment.refunded',
      failed: 'payment.returned',
    },
    stays: ['payment.settled', 'payment.resolved', ...disputeEvents],
  },
  partially_refunded: {
    meaning: 'a part went back',
    to: {
      refunded: 'payment.refunded',
      succeeded: 'payment.refund_failed',
      failed: 'payment.returned',
    },
    stays: [
      'payment.refunded',
      'payment.refund_succeeded',
      'payment.refund_failed',
      'payment.settled',
      'payment.resolved',
      ...disputeEvents,
    ],
  },
  refunded: {
    meaning: 'all of it went back',
    to: {
      partially_refunded: 'payment.refund_failed',
      succeeded: 'payment.refund_failed',
      failed: 'payment.returned',
    },
    stays: ['payment.refund_succeeded', 'payment.settled', 'payment.resolved', ...disputeEvents],
  },
  failed: {
    meaning: 'declined or returned; final',
    to: {},
    // The refunds and disputes are those of a debit that the bank has returned after its success.
    stays: [
      'ach.returned',
      'payment.late_capture_refunded',
      'payment.refund_succeeded',
      'payment.refund_failed',
      'payment.resolved',
      ...disputeSteps,
    ],
  },
  canceled: {
    meaning: 'canceled or expired; final',
    to: {},
    stays: ['payment.late_capture_refunded', 'payment.resolved', ...disputeSteps],
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

/** The events that can happen in a status, without duplicates. */
export function eventsIn(status: PaymentStatus): EventType[] {
  const { to, stays }: Stage = lifecycle[status]
  return [...new Set([...Object.values(to), ...stays])]
}

/** The statuses in which an event can happen, in the order of `paymentStatuses`. */
export function statusesBeforeEvent<Event extends EventType>(event: Event): StatusBefore<Event>[] {
  return paymentStatuses.filter((status) =>
    eventsIn(status).includes(event),
  ) as StatusBefore<Event>[]
}

/** The statuses that can follow a status, in the order of `paymentStatuses`. */
export function statusesAfter(from: PaymentStatus): PaymentStatus[] {
  return paymentStatuses.filter((to) => canMove({ from, to }))
}

/** Whether one step leads from one status to another. */
export function canMove({ from, to }: { from: PaymentStatus; to: PaymentStatus }): boolean {
  const { to: following }: Stage = lifecycle[from]
  return following[to] !== undefined
}

/** Whether the event can lead from one status to another, or keep the status. */
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

/** The statuses in which a payment can be canceled. */
export const cancelableStatuses = statusesBeforeEvent('payment.canceled')

/** The statuses in which a payment can be refunded. */
export const refundableStatuses = statusesBeforeEvent('payment.refunded')

/** The statuses in which a payment can be initiated. */
export const initiableStatuses = statusesBeforeEvent('payment.initiated')

/** The statuses in which a payment can be captured. */
export const capturableStatuses = statusesBeforeEvent('payment.processing')

/** The events of each action. An action is allowed in a status if one of its events is possible. */
const eventsOfActions = {
  initiate: ['payment.initiated'],
  cancel: ['payment.canceled'],
  capture: ['payment.processing'],
  refund: ['payment.refunded'],
  reverse: ['payment.canceled', 'payment.refunded', 'payment.reversal_requested'],
} as const satisfies Readonly<Record<PaymentAction, readonly EventType[]>>

/** Whether an action is allowed in a status. A reversal is allowed while processing, too. */
export function isAllowed(action: PaymentAction, status: PaymentStatus): boolean {
  return eventsOfActions[action].some((event) => eventsIn(status).includes(event))
}
