import {
  eventTypes,
  isStep,
  type PaymentStatus,
  paymentStatuses,
  statusesAfter,
} from '@hedgepayments/contract'

/** Event types that a payment can have at most once, by the contract's lifecycle. */
export const eventsOnce = eventTypes.filter((event) => {
  const steps = [null, ...paymentStatuses].flatMap((from) =>
    paymentStatuses.filter((to) => isStep({ event, from, to })).map((to) => ({ from, to })),
  )
  const isRepeatable = ({ from, to }: { from: PaymentStatus | null; to: PaymentStatus }) =>
    from !== null && reachableFrom(to).has(from)
  return steps.length > 0 && !steps.some(isRepeatable)
})

/** A status and all statuses that a payment can reach from it. */
export function reachableFrom(from: PaymentStatus): ReadonlySet<PaymentStatus> {
  const reached = new Set([from])
  for (const status of reached) for (const next of statusesAfter(status)) reached.add(next)
  return reached
}
