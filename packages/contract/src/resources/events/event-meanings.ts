import type { EventType } from '../../values.ts'

/** When an event of each type happens. */
export const eventMeanings: Readonly<Record<EventType, string>> = {
  'payment.created': 'The payment was created; it is `pending`.',
  'payment.action_required': 'The customer must confirm (3-D Secure) at `next_action.url`.',
  'payment.initiated':
    'The payment was authorized, or its bank account can be debited. Its cancel window begins.',
  'payment.authorization_expiring':
    'The authorization ends in a day. Capture the payment before `authorization_expires_at`.',
  'payment.processing': 'The payment can no longer be canceled.',
  'payment.succeeded': 'The money was taken.',
  'payment.failed':
    'The payment was declined, or its authorization ended; `failure_code` is the reason.',
  'payment.canceled': 'The payment was canceled by `actor`.',
  'payment.late_capture_refunded':
    'Money that was captured after a cancel or a failure was refunded.',
  'payment.refunded':
    'A refund was requested, or made by a person at the processor: then `actor` is `processor`.',
  'payment.refund_succeeded': 'The processor has made the refund.',
  'payment.refund_failed':
    'The processor refused the refund permanently, or the bank returned it. Can follow ' +
    '`payment.refund_succeeded`.',
  'payment.reversal_requested': 'A reversal waits for a payment that is `processing`.',
  'payment.settled': 'The money reached the merchant.',
  'payment.disputed':
    'The customer disputes the payment at the bank. The details follow in `dispute.created`.',
  'dispute.created': 'A dispute was opened. Submit evidence before `evidence_due_by`.',
  'dispute.updated': 'The status, the deadline, the amount or the fee of a dispute has changed.',
  'dispute.won': "The bank decided for the merchant. The disputed amount is the merchant's again.",
  'dispute.lost': 'The bank decided for the customer, who keeps the disputed amount.',
  'ach.returned':
    "The bank returned a debit. Follows `payment.failed` or `payment.returned`; `reason` is the bank's " +
    'reason.',
  'checkout.completed': 'The customer has completed the checkout session.',
  'checkout.expired': 'The checkout session can no longer be paid.',
  'webhook_endpoint.disabled': 'A webhook endpoint was disabled.',
  'payment.resolved':
    'An operator closed what the payment waited for; `reason` is their text. Other resolutions have ' +
    'the event of the step that they declare.',
  'payment.returned':
    'The bank returned the debit after `payment.succeeded`: the payment is not paid. `failure_code` is the ' +
    'reason.',
}
