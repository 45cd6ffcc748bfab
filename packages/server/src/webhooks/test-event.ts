import {
  type CheckoutSession,
  type CheckoutSessionId,
  type EventType,
  isId,
  type Payment,
  type PaymentId,
  type PaymentStatus,
  type WebhookEndpoint,
  type WebhookEndpointId,
  type WebhookTest,
} from '@hedgepayments/contract'
import { type Kysely, sql } from 'kysely'
import type { EventRow, PaymentRow, Schema, Timestamp } from '../database/schema.ts'
import { testSubjectPrefix } from '../events/event-id.ts'
import { findPayments } from '../events/events.sql.ts'
import { renderEvents } from '../events/load.ts'
import { answer, type Reply } from '../http/answer.ts'
import type { Auth } from '../http/auth.ts'
import { refuseField } from '../http/refusal.ts'
import { newId, randomCharacters } from '../ids.ts'
import { renderPayment } from '../payments/render.ts'
import { plusSeconds } from '../time.ts'
import { findEndpoint } from './endpoints.sql.ts'

type Db = Kysely<Schema>

/** Marks what is sample data, wherever it turns up. */
const mark = 'test_event'

/**
 * Puts a test event into the outbox, so that it goes the way of every other: to the endpoints, the
 * list and the stream. It has a subject of its own, and takes no number from any payment.
 *
 * In live mode there are none: a receiver would take a sample for a real payment and ship.
 */
export async function sendTestEvent(
  tx: Db,
  { auth, body, now }: { auth: Auth; body: WebhookTest; now: Timestamp },
): Promise<Reply> {
  if (auth.livemode) {
    return refuseField('Authorization', 'a live key', 'a test key: live receivers act on events')
  }
  const type = body.type ?? 'payment.succeeded'
  const endpointId = body.endpoint_id
  if (endpointId !== undefined) {
    const endpoint = isId('webhookEndpoint', endpointId)
      ? await findEndpoint(tx, { account: auth, id: endpointId })
      : undefined
    if (!endpoint?.enabled) return refuseField('endpoint_id', endpointId, 'an enabled endpoint')
  }
  const data =
    body.payment_id === undefined
      ? sampleOf(type, auth, now)
      : await readPayment(tx, auth, body.payment_id)
  if (!data) return refuseField('payment_id', body.payment_id, 'the id of a payment')
  const row = await insertTestEvent(tx, {
    auth,
    type,
    state: { data, ...(endpointId === undefined ? {} : { endpoint_id: endpointId }) },
    now,
  })
  const event = (await renderEvents(tx, [row])).get(row.position)
  if (!event) throw new Error('a test event cannot be shown')
  return answer(200, event)
}

async function insertTestEvent(
  tx: Db,
  given: { auth: Auth; type: EventType; state: object; now: Timestamp },
): Promise<EventRow> {
  const { auth, type, state, now } = given
  const status = statusAfter[type] ?? null
  // The relay relies on it that a position is only taken once the transaction has its id.
  const { rows } = await sql<EventRow>`
    with begun as materialized (select pg_current_xact_id())
    insert into events (merchant_id, livemode, subject_id, sequence, type, created_at, actor_type,
      actor_id, from_status, to_status, reason, state)
    select ${auth.merchantId}, ${auth.livemode}::boolean,
      ${testSubjectPrefix + newId('payment').slice(4)}, 1, ${type}, ${now}::timestamptz,
      'api_key', ${auth.keyId}, null, ${status}, ${mark}, ${JSON.stringify(state)}::jsonb
    from begun
    returning *`.execute(tx)
  const [row] = rows
  if (!row) throw new Error('a test event was not inserted')
  return row
}

async function readPayment(tx: Db, auth: Auth, id: string): Promise<Payment | null> {
  if (!isId('payment', id)) return null
  const row = (await findPayments(tx, { account: auth, ids: [id] })).get(id)
  if (!row) return null
  return renderPayment({ ...row, metadata: { ...row.metadata, [mark]: 'true' } }, [])
}

function sampleOf(
  type: EventType,
  auth: Auth,
  now: Timestamp,
): Payment | CheckoutSession | WebhookEndpoint {
  if (type === 'webhook_endpoint.disabled') return sampleEndpoint(now)
  if (type === 'checkout.completed') return sampleSession('complete', now)
  if (type === 'checkout.expired') return sampleSession('expired', now)
  const id = newId<PaymentId>('payment')
  const row: PaymentRow = {
    ...samplePayment,
    merchant_id: auth.merchantId,
    livemode: auth.livemode,
    id,
    url: `https://example.com/pay/${id}`,
    expires_at: plusSeconds(now, 3_600),
    created_at: now,
    updated_at: now,
    ...(sampleStates[type] ?? {}),
    ...(type === 'payment.canceled' ? { canceled_at: now } : {}),
    ...(type === 'payment.settled' ? { settled_at: now } : {}),
  }
  return renderPayment(row, [])
}

const paid = { status: 'succeeded', fee: 59, net_amount: 1941 } as const

/** What a sample payment is like at an event, where that is not simply pending. */
const sampleStates: Partial<Record<EventType, Partial<PaymentRow>>> = {
  'payment.initiated': { status: 'initiated' },
  'payment.processing': { status: 'processing' },
  'payment.succeeded': paid,
  'payment.settled': paid,
  'payment.failed': {
    status: 'failed',
    failure_code: 'card_declined',
    failure_message: 'The card was declined.',
  },
  'payment.canceled': { status: 'canceled', cancellation_reason: 'customer_requested' },
  'payment.refunded': { ...paid, status: 'refunded', refunded_amount: 2000 },
}

const statusAfter: Partial<Record<EventType, PaymentStatus>> = Object.fromEntries([
  ['payment.created', 'pending'],
  ...Object.entries(sampleStates).map(([type, state]) => [type, state?.status]),
])

const samplePayment = {
  sequence: 1,
  status: 'pending',
  amount: 2000,
  currency: 'USD',
  payment_method: 'card',
  customer_email: 'sample@example.com',
  customer_id: null,
  description: 'Sample data of a test event: there is no such payment.',
  statement_descriptor: null,
  metadata: { [mark]: 'true' },
  success_url: null,
  cancel_url: null,
  cancel_window: 0,
  cancelable_until: null,
  refunded_amount: 0,
  refund_count: 0,
  fee: null,
  net_amount: null,
  failure_code: null,
  failure_message: null,
  cancellation_reason: null,
  canceled_at: null,
  settled_at: null,
  processor: null,
  processor_reference: null,
  payment_method_token: null,
  next_action_url: null,
} as const

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
    metadata: { [mark]: 'true' },
    payment_method_types: ['card'],
    cancel_window: 0,
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
    id: `whe_${randomCharacters(26)}` as WebhookEndpointId,
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
