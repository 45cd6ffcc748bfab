import type { Stripe } from 'stripe'
import {
  type Authorized,
  type AuthorizeResult,
  type CaptureResult,
  type Decline,
  type Declined,
  endedDecline,
  type PaymentState,
  type RefundResult,
  type VoidResult,
} from '../interface/results.ts'
import { refundStatusOf } from './state.ts'

/** The result of an authorization, from the payment's state after it. */
export function authorizeResultOf(current: PaymentState, reference: string): AuthorizeResult {
  switch (current.state) {
    case 'authorized':
      return {
        outcome: 'authorized',
        reference,
        expiresAt: current.expiresAt,
        ...methodIn(current),
      }
    case 'action_required':
      return { outcome: 'action_required', reference, action: current.action }
    case 'declined':
      return declined(reference, current.decline)
    case 'voided':
      return authorizationEnded(reference, current.cause)
    case 'absent':
    case 'undecided':
      return { outcome: 'undecided', reference }
    case 'captured':
      // Captured manually at Stripe. The capture that follows will find out.
      return { outcome: 'authorized', reference, expiresAt: null, ...methodIn(current) }
  }
}

function methodIn({ method }: Pick<Authorized, 'method'>) {
  return method ? { method } : {}
}

/** The result of a capture, from the payment's state after it. */
export function captureResultOf(current: PaymentState, isDisputed = false): CaptureResult {
  switch (current.state) {
    case 'captured': {
      const { reference, capturedMinor, feeMinor, refunds, disputes = [] } = current
      const earlier = refunds.length > 0 ? { refunds } : {}
      const disputed = isDisputed || disputes.length > 0 ? { isDisputed: true } : {}
      return { outcome: 'captured', reference, capturedMinor, feeMinor, ...earlier, ...disputed }
    }
    case 'voided':
      return authorizationEnded(current.reference, current.cause)
    case 'declined':
      return declined(current.reference, current.decline)
    case 'absent':
      return authorizationEnded(null)
    case 'undecided':
    case 'action_required':
    case 'authorized':
      return { outcome: 'undecided', reference: current.reference }
  }
}

/** The result of a cancel, from the payment's state after it. */
export function voidResultOf(current: PaymentState, reference: string): VoidResult {
  if (current.state === 'voided') return { outcome: 'voided' }
  if (current.state !== 'captured') return { outcome: 'undecided', reference }
  const { capturedMinor, feeMinor } = current
  return { outcome: 'captured', capturedMinor, feeMinor }
}

/** The result of a refund, from the refund at Stripe. */
export function refundResultOf(refund: Stripe.Refund): RefundResult {
  switch (refundStatusOf(refund)) {
    case 'succeeded':
      return { outcome: 'refunded', reference: refund.id }
    case 'pending':
      return { outcome: 'undecided', reference: refund.id }
    case 'failed': {
      const message = `The refund failed: ${refund.failure_reason ?? 'no reason given'}.`
      return declined(refund.id, { code: 'refund_failed', message })
    }
  }
}

/** A decline. `reference` is `null` if Stripe has no PaymentIntent. */
export function declined(reference: string | null, decline: Decline): Declined {
  return { outcome: 'declined', reference, decline }
}

/** The authorization no longer exists. */
export function authorizationEnded(
  reference: string | null,
  cause: 'expired' | 'canceled' = 'expired',
): Declined {
  return declined(reference, endedDecline(cause))
}
