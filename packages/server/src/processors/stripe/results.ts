import type { Stripe } from 'stripe'
import type {
  AuthorizeResult,
  CaptureResult,
  Decline,
  Declined,
  ProcessorTruth,
  RefundResult,
} from '../interface/processor.ts'
import { refundStatusOf } from './truth.ts'

export function authorizeResultOf(truth: ProcessorTruth, reference: string): AuthorizeResult {
  switch (truth.state) {
    case 'authorized':
      return { outcome: 'authorized', reference }
    case 'action_required':
      return { outcome: 'action_required', reference, action: truth.action }
    case 'declined':
      return declined(reference, truth.decline)
    case 'voided':
      return gone(reference)
    case 'absent':
    case 'undecided':
      return { outcome: 'undecided', reference }
    case 'captured':
      // Somebody captured it by hand: the capture to come finds that out.
      return { outcome: 'authorized', reference }
  }
}

export function captureResultOf(truth: ProcessorTruth): CaptureResult {
  switch (truth.state) {
    case 'captured': {
      const { reference, capturedMinor, feeMinor } = truth
      return { outcome: 'captured', reference, capturedMinor, feeMinor }
    }
    case 'voided':
      return gone(truth.reference)
    case 'declined':
      return declined(truth.reference, truth.decline)
    case 'absent':
      return gone(null)
    case 'undecided':
    case 'action_required':
    case 'authorized':
      return { outcome: 'undecided', reference: truth.reference }
  }
}

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

export function declined(reference: string | null, decline: Decline): Declined {
  return { outcome: 'declined', reference, decline }
}

export function gone(reference: string | null): Declined {
  const message = 'The authorization is gone: it expired or was given up.'
  return declined(reference, { code: 'authorization_expired', message })
}
