import {
  cancelableStatuses,
  canMove,
  type EventType,
  eventsIn,
  eventTypes,
  initiableStatuses,
  isAllowed,
  isStep,
  type PaymentStatus,
  paymentActions,
  paymentStatuses,
  refundableStatuses,
  statusesBeforeEvent,
} from '@hedgepayments/contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  actionsOf,
  statusesBefore,
  statusesThatSettle,
  statusesToVoid,
  statusesWithRefunds,
  statusOfRefunded,
} from './lifecycle.ts'

const status = fc.constantFrom(...paymentStatuses)

/** A second copy of the contract's table, so that a change of the lifecycle takes two edits. */
const steps = [
  'null payment.created pending',
  'pending payment.action_required pending',
  'pending payment.initiated initiated',
  'pending payment.canceled canceled',
  'initiated payment.authorization_expiring initiated',
  'initiated payment.processing processing',
  'initiated payment.failed failed',
  'initiated payment.canceled canceled',
  'processing payment.reversal_requested processing',
  'processing payment.succeeded succeeded',
  'processing payment.failed failed',
  'succeeded payment.settled succeeded',
  'succeeded payment.refunded partially_refunded',
  'succeeded payment.refunded refunded',
  'partially_refunded payment.settled partially_refunded',
  'partially_refunded payment.refunded partially_refunded',
  'partially_refunded payment.refunded refunded',
  'partially_refunded payment.refund_succeeded partially_refunded',
  'partially_refunded payment.refund_failed partially_refunded',
  'partially_refunded payment.refund_failed succeeded',
  'refunded payment.settled refunded',
  'refunded payment.refund_succeeded refunded',
  'refunded payment.refund_failed partially_refunded',
  'refunded payment.refund_failed succeeded',
  'succeeded payment.disputed succeeded',
  'succeeded dispute.created succeeded',
  'succeeded dispute.updated succeeded',
  'succeeded dispute.won succeeded',
  'succeeded dispute.lost succeeded',
  'partially_refunded payment.disputed partially_refunded',
  'partially_refunded dispute.created partially_refunded',
  'partially_refunded dispute.updated partially_refunded',
  'partially_refunded dispute.won partially_refunded',
  'partially_refunded dispute.lost partially_refunded',
  'refunded payment.disputed refunded',
  'refunded dispute.created refunded',
  'refunded dispute.updated refunded',
  'refunded dispute.won refunded',
  'refunded dispute.lost refunded',
  'succeeded payment.returned failed',
  'partially_refunded payment.returned failed',
  'refunded payment.returned failed',
  'failed ach.returned failed',
  'failed payment.refund_succeeded failed',
  'failed payment.refund_failed failed',
  'failed payment.late_capture_refunded failed',
  'failed dispute.created failed',
  'failed dispute.updated failed',
  'failed dispute.won failed',
  'failed dispute.lost failed',
  'canceled payment.late_capture_refunded canceled',
  'succeeded payment.resolved succeeded',
  'partially_refunded payment.resolved partially_refunded',
  'refunded payment.resolved refunded',
  'failed payment.resolved failed',
  'canceled payment.resolved canceled',
  'canceled dispute.created canceled',
  'canceled dispute.updated canceled',
  'canceled dispute.won canceled',
  'canceled dispute.lost canceled',
]

function allSteps(): string[] {
  return [null, ...paymentStatuses].flatMap((from) =>
    eventTypes.flatMap((event) =>
      paymentStatuses
        .filter((to) => isStep({ event, from, to }))
        .map((to) => `${from} ${event} ${to}`),
    ),
  )
}

test('a payment takes the steps of the contract and no others', () => {
  expect(allSteps().sort()).toEqual(steps.toSorted())
})

test('a status changes only by a step, and staying is not a change', () => {
  const moves = new Set(steps.map((step) => step.split(' ')).map(([from, , to]) => `${from} ${to}`))
  for (const from of paymentStatuses) {
    for (const to of paymentStatuses) {
      expect(canMove({ from, to }), `${from} ${to}`).toBe(from !== to && moves.has(`${from} ${to}`))
    }
  }
})

test('the statuses before an event are those from which a step emits the event', () => {
  fc.assert(
    fc.property(status, fc.constantFrom(...eventTypes), (from, event) => {
      const isPossible = paymentStatuses.some((to) => isStep({ event, from, to }))
      expect((statusesBeforeEvent(event) as PaymentStatus[]).includes(from)).toBe(isPossible)
      expect(eventsIn(from).includes(event)).toBe(isPossible)
    }),
  )
})

test('the cancelable, refundable and initiable statuses are the documented ones', () => {
  expect(cancelableStatuses).toEqual(['pending', 'initiated'])
  expect(refundableStatuses).toEqual(['succeeded', 'partially_refunded'])
  expect(initiableStatuses).toEqual(['pending'])
  const listed = (statuses: readonly PaymentStatus[]) =>
    paymentStatuses.map((one) => statuses.includes(one))
  expect(paymentStatuses.map((one) => isAllowed('cancel', one))).toEqual(listed(cancelableStatuses))
  expect(paymentStatuses.map((one) => isAllowed('refund', one))).toEqual(listed(refundableStatuses))
  expect(paymentStatuses.map((one) => isAllowed('initiate', one))).toEqual(
    listed(initiableStatuses),
  )
  expect(paymentStatuses.filter((one) => isAllowed('reverse', one))).toEqual([
    'pending',
    'initiated',
    'processing',
    'succeeded',
    'partially_refunded',
  ])
})

test("the guards of the server's statements use the documented statuses", () => {
  expect(statusesBefore('canceled')).toEqual(cancelableStatuses)
  expect(statusesBefore('initiated')).toEqual(['pending'])
  expect(statusesBefore('processing')).toEqual(['initiated'])
  expect(statusesBefore('succeeded')).toEqual(['processing'])
  expect(statusesBefore('refunded')).toEqual(refundableStatuses)
  expect(statusesWithRefunds).toEqual(['partially_refunded', 'refunded', 'failed'])
  expect(statusesThatSettle).toEqual(['succeeded', 'partially_refunded', 'refunded'])
  expect(statusesToVoid).toEqual(['failed', 'canceled'])
})

test('failed and canceled are final and allow no action', () => {
  const final = paymentStatuses.filter((from) =>
    paymentStatuses.every((to) => !canMove({ from, to })),
  )
  expect(final).toEqual(['failed', 'canceled'])
  for (const one of final) expect(actionsOf({ status: one, disputed: false })).toEqual([])
})

test('every refunded amount maps to a status that a refund can reach', () => {
  const amounts = fc.integer({ min: 1, max: 99_999_999 })
  fc.assert(
    fc.property(amounts, fc.nat(), fc.nat(), (capturedMinor, a, b) => {
      const before = a % (capturedMinor + 1)
      const after = b % (capturedMinor + 1)
      const from = statusOfRefunded({ capturedMinor, refundedMinor: before })
      const to = statusOfRefunded({ capturedMinor, refundedMinor: after })
      const event: EventType = after > before ? 'payment.refunded' : 'payment.refund_failed'
      if (before !== after) expect(isStep({ event, from, to }), `${from} ${to}`).toBe(true)
    }),
  )
  expect(statusOfRefunded({ capturedMinor: 9, refundedMinor: 0 })).toBe('succeeded')
  expect(statusOfRefunded({ capturedMinor: 9, refundedMinor: 8 })).toBe('partially_refunded')
  expect(statusOfRefunded({ capturedMinor: 9, refundedMinor: 9 })).toBe('refunded')
})

test('no step after processing leads to canceled', () => {
  const reached = new Set(['processing'])
  for (let size = 0; size !== reached.size; ) {
    size = reached.size
    for (const to of paymentStatuses) {
      if (paymentStatuses.some((from) => reached.has(from) && canMove({ from, to })))
        reached.add(to)
    }
  }
  expect(reached.has('canceled')).toBe(false)
  expect(reached.has('succeeded')).toBe(true)
})

test('allowed actions match the lifecycle, and never include both cancel and refund', () => {
  fc.assert(
    fc.property(status, (one) => {
      const actions = actionsOf({ status: one, disputed: false })
      expect(actions).toEqual(paymentActions.filter((action) => isAllowed(action, one)))
      expect(actionsOf({ status: one, disputed: true })).toEqual([])
      expect(isAllowed('cancel', one) && isAllowed('refund', one)).toBe(false)
    }),
  )
})
