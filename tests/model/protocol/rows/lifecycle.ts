import {
  type PaymentAction,
  type PaymentStatus,
  paymentActions,
  paymentStatuses,
} from '@hedgepayments/contract'
import * as server from '../../../../packages/server/src/domain/lifecycle.ts'

// The lifecycle of the server, computed once: the model asks millions of times.

const before = {
  initiated: new Set(server.statusesBefore('initiated')),
  processing: new Set(server.statusesBefore('processing')),
  succeeded: new Set(server.statusesBefore('succeeded')),
}

const allowed = new Map(
  paymentActions.map((action) => [
    action,
    new Set(paymentStatuses.filter((status) => server.isAllowed(action, status))),
  ]),
)

const toVoid = new Set(server.statusesToVoid)

/** `statusesBefore` (domain/lifecycle.ts) */
export function isBefore(step: keyof typeof before, status: PaymentStatus): boolean {
  return before[step].has(status)
}

/** `isAllowed` (domain/lifecycle.ts) */
export function isAllowed(action: PaymentAction, status: PaymentStatus): boolean {
  return allowed.get(action)?.has(status) ?? false
}

/** `statusesToVoid` (domain/lifecycle.ts) */
export function isToVoid(status: PaymentStatus): boolean {
  return toVoid.has(status)
}
