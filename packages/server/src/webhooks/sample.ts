import type {
  CheckoutSession,
  CheckoutSessionId,
  Dispute,
  DisputeId,
  EventType,
  Payment,
  PaymentId,
  PaymentStatus,
  WebhookEndpoint,
  WebhookEndpointId,
} from '@hedgepayments/contract'
import type { PaymentRow } from '../database/schema.ts'
import type { Account } from '../domain/account.ts'
import { newId } from '../domain/ids.ts'
import { plusSeconds, type Timestamp } from '../domain/time.ts'
import { stateOfNewPayment } from '../events/state.ts'
import { renderPayment } from '../payments/view/render.ts'

/** Marks sample data in metadata, reasons and events. */
export const testMark = 'test_event'

/** Sample data of an event of this type, marked as such. */
export function sampleOf(
  type: EventType,
  account: Account,
  now: Timestamp,
): Payment | CheckoutSession | Dispute | WebhookEndpoint {
  if (type === 'webhook_endpoint.disabled') return sampleEndpoint(now)
  if (type === 'checkout.completed') return sampleSession('complete', now)
  if (type === 'checkout.expired') return sampleSession('expired', now)
  const disputeStatus = disputeStatuses[type]
  if (disputeStatus) return sampleDispute(disputeStatus, account, now)
  const id = newId<PaymentId>('payment')
  const row: PaymentRow = {
    ...samplePayment,
    merchant_id: account.merchantId,
    livemode: account.livemode,
    id,
    url: `https://example.com/pay/${id}`,
    retry_of: null,
    expires_at: plusSeconds(now, 3_600),
    created_at: now,
    updated_at: now,
    ...(sampleStates[type] ?? {}),
    ...(sampleStates[type]?.status === 'canceled' ? { canceled_at: now } : {}),
    ...(type === 'payment.authorization_expiring' ? endingIn(plusSeconds(now, 86_400)) : {}),
    ...(type === 'payment.settled' ? { settled_at: now } : {}),
  }
  return renderPayment(row, [])
}

const endingIn = (end: Timestamp) => ({ authorization_expires_at: end, cancelable_until: end })

const paid = { status: 'succeeded', captured_amount: 2000, fee: 59, net_amount: 1941 } as const

/** The columns of the sample payment at an event that differ from a pending payment. */
const sampleStates: Partial<Record<EventType, Partial<PaymentRow>>> = {
  'payment.initiated': { status: 'initiated' },
  'payment.authorization_expiring': { status: 'initiated', capture_method: 'manual' },
  'payment.processing': { status: 'processing' },
  'payment.succeeded': paid,
  'payment.settled': paid,
  'payment.disputed': { ...paid, disputed: true },
  'payment.failed': {
    status: 'failed',
    failure_code: 'card_declined',
    failure_message: 'The card was declined.',
  },
  'payment.returned': {
    ...paid,
    status: 'failed',
    payment_method: 'ach',
    net_amount: -59,
    disputed: true,
    failure_code: 'insufficient_funds',
    failure_message: 'There are not enough funds.',
  },
  'ach.returned': {
    status: 'failed',
    payment_method: 'ach',
    failure_code: 'insufficient_funds',
    failure_message: 'There are not enough funds.',
  },
  'payment.canceled': { status: 'canceled', cancellation_reason: 'customer_requested' },
  'payment.late_capture_refunded': {
    status: 'canceled',
    cancellation_reason: 'customer_requested',
  },
  'payment.resolved': { status: 'canceled', cancellation_reason: 'customer_requested' },
  'payment.refunded': { ...paid, status: 'refunded', refunded_amount: 2000 },
  'payment.refund_succeeded': { ...paid, status: 'refunded', refunded_amount: 2000 },
  'payment.refund_failed': paid,
  'payment.reversal_requested': { status: 'processing' },
}

/** The status of a payment after an event of this type. */
export const statusAfter: Partial<Record<EventType, PaymentStatus>> = Object.fromEntries([
  ['payment.created', 'pending'],
  ...Object.entries(sampleStates).map(([type, state]) => [type, state?.status]),
])

const samplePayment = {
  ...stateOfNewPayment,
  sequence: 1,
  amount: 2000,
  currency: 'USD',
  payment_method: 'card',
  customer_email: 'sample@example.com',
  customer_id: null,
  checkout_session_id: null,
  description: 'Sample data of a test event: there is no such payment.',
  statement_descriptor: null,
  metadata: { [testMark]: 'true' },
  success_url: null,
  cancel_url: null,
  cancel_window: 0,
  capture_method: 'automatic',
  amount_to_capture: null,
  refund_count: 0,
  processor: null,
  processor_reference: null,
  payment_method_token: null,
} as const

/** The status of the sample dispute at an event. */
const disputeStatuses: Partial<Record<EventType, Dispute['status']>> = {
  'dispute.created': 'needs_response',
  'dispute.updated': 'under_review',
  'dispute.won': 'won',
  'dispute.lost': 'lost',
}

function sampleDispute(status: Dispute['status'], { livemode }: Account, now: Timestamp): Dispute {
  return {
    id: newId<DisputeId>('dispute'),
    object: 'dispute',
    livemode,
    payment: newId<PaymentId>('payment'),
    amount: samplePayment.amount,
    withdrawn_amount: status === 'won' ? 0 : samplePayment.amount,
    currency: samplePayment.currency,
    fee: status === 'won' ? 0 : 1500,
    status,
    // Marks it as sample data: no bank has such a reason.
    reason: testMark,
    evidence_due_by: plusSeconds(now, 604_800),
    processor: 'sandbox',
    processor_url: null,
    created_at: now,
    updated_at: now,
  }
}

function sampleSession(status: 'complete' | 'expired', now: Timestamp): CheckoutSession {
  const id = newId<CheckoutSessionId>('checkoutSession')
  return {
    id,
    object: 'checkout_session',
    livemode: false,
    status,
    url: `https://example.com/checkout/${id}`,
    payment_id: newId<PaymentId>('payment'),
    payment_status: status === 'complete' ? 'succeeded' : 'canceled',
    amount: samplePayment.amount,
    currency: samplePayment.currency,
    customer_email: samplePayment.customer_email,
    customer_id: null,
    description: 'Sample data of a test event: there is no such session.',
    statement_descriptor: null,
    metadata: { [testMark]: 'true' },
    payment_method_types: ['card'],
    cancel_window: 0,
    capture_method: 'automatic',
    success_url: null,
    cancel_url: null,
    expires_at: now,
    completed_at: status === 'complete' ? now : null,
    created_at: now,
    updated_at: now,
  }
}

function sampleEndpoint(now: Timestamp): WebhookEndpoint {
  return {
    id: newId<WebhookEndpointId>('webhookEndpoint'),
    object: 'webhook_endpoint',
    livemode: false,
    url: 'https://example.com/webhooks',
    events: ['*'],
    description: 'Sample data of a test event: there is no such endpoint.',
    enabled: false,
    disabled_reason: 'failing',
    failing_since: now,
    old_secret_expires_at: null,
    created_at: now,
    updated_at: now,
  }
}
