import { describe, expect, test } from 'vitest'
import { type HedgePayments, PaymentNotCancelableError } from '../../packages/node/src/index.ts'
import { refusal, startWire } from './wire.ts'

const list = { object: 'list', data: [], has_more: false, url: '/' }
const payment = { amount: 9999, currency: 'USD', customer_email: 'customer@example.com' }

type Call = (hedge: HedgePayments) => PromiseLike<unknown>
const calls: readonly [string, Call, string, unknown?][] = [
  ['payments.create', (h) => h.payments.create(payment), 'POST /v1/payments', payment],
  ['payments.retrieve', (h) => h.payments.retrieve('pay_1'), 'GET /v1/payments/pay_1'],
  ['payments.list', (h) => h.payments.list(), 'GET /v1/payments'],
  [
    'payments.initiate',
    (h) => h.payments.initiate('pay_1', { payment_method_token: 'tok_visa' }),
    'POST /v1/payments/pay_1/initiate',
    { payment_method_token: 'tok_visa' },
  ],
  [
    'payments.cancel',
    (h) => h.payments.cancel('pay_1', { reason: null }),
    'POST /v1/payments/pay_1/cancel',
    { reason: null },
  ],
  [
    'payments.cancelByIdempotencyKey',
    (h) => h.payments.cancelByIdempotencyKey('order-17', { reason: 'lost' }),
    'POST /v1/payments/cancel',
    { reason: 'lost', idempotency_key: 'order-17' },
  ],
  [
    'payments.refund',
    (h) => h.payments.refund('pay_1', { amount: 100 }),
    'POST /v1/payments/pay_1/refund',
    { amount: 100 },
  ],
  ['payments.reverse', (h) => h.payments.reverse('pay_1'), 'POST /v1/payments/pay_1/reverse', {}],
  ['merchants.balance', (h) => h.merchants.balance('merch_1'), 'GET /v1/merchants/merch_1/balance'],
  [
    'auditLog.list',
    (h) => h.auditLog.list({ action: 'api_key.created', created_at: { gte: new Date(0) } }),
    'GET /v1/audit_log?action=api_key.created&created_at[gte]=1970-01-01T00%3A00%3A00Z',
  ],
  ['payments.events', (h) => h.payments.events('pay_1'), 'GET /v1/payments/pay_1/events'],
  [
    'cancellations.create',
    (h) =>
      h.cancellations.create({
        filter: { status: 'pending', created_at: { lt: new Date(0) } },
        dry_run: true,
      }),
    'POST /v1/cancellations',
    { filter: { status: ['pending'], created_at: { lt: '1970-01-01T00:00:00Z' } }, dry_run: true },
  ],
  [
    'cancellations.retrieve',
    (h) => h.cancellations.retrieve('can_1'),
    'GET /v1/cancellations/can_1',
  ],
  ['cancellations.list', (h) => h.cancellations.list(), 'GET /v1/cancellations'],
  [
    'cancellations.pause',
    (h) => h.cancellations.pause('can_1'),
    'POST /v1/cancellations/can_1/pause',
  ],
  [
    'cancellations.resume',
    (h) => h.cancellations.resume('can_1'),
    'POST /v1/cancellations/can_1/resume',
  ],
  [
    'cancellations.results',
    (h) => h.cancellations.results('can_1'),
    'GET /v1/cancellations/can_1/results',
  ],
  [
    'checkout.sessions.create',
    (h) => h.checkout.sessions.create({ amount: 100, currency: 'USD', expires_at: new Date(0) }),
    'POST /v1/checkout/sessions',
    { amount: 100, currency: 'USD', expires_at: '1970-01-01T00:00:00Z' },
  ],
  [
    'checkout.sessions.retrieve',
    (h) => h.checkout.sessions.retrieve('cs_1'),
    'GET /v1/checkout/sessions/cs_1',
  ],
  [
    'checkout.sessions.expire',
    (h) => h.checkout.sessions.expire('cs_1'),
    'POST /v1/checkout/sessions/cs_1/expire',
  ],
  ['events.retrieve', (h) => h.events.retrieve('evt_1'), 'GET /v1/events/evt_1'],
  [
    'events.list',
    (h) => h.events.list({ type: ['payment.canceled', 'payment.failed'] }),
    'GET /v1/events?type=payment.canceled&type=payment.failed',
  ],
  [
    'webhooks.trigger',
    (h) => h.webhooks.trigger('payment.succeeded'),
    'POST /v1/webhooks/test',
    { type: 'payment.succeeded' },
  ],
  [
    'webhooks.endpoints.create',
    (h) => h.webhooks.endpoints.create({ url: 'https://example.com/hook', events: ['*'] }),
    'POST /v1/webhooks/endpoints',
    { url: 'https://example.com/hook', events: ['*'] },
  ],
  [
    'webhooks.endpoints.retrieve',
    (h) => h.webhooks.endpoints.retrieve('whe_1'),
    'GET /v1/webhooks/endpoints/whe_1',
  ],
  ['webhooks.endpoints.list', (h) => h.webhooks.endpoints.list(), 'GET /v1/webhooks/endpoints'],
  [
    'webhooks.endpoints.update',
    (h) => h.webhooks.endpoints.update('whe_1', { enabled: false }),
    'PATCH /v1/webhooks/endpoints/whe_1',
    { enabled: false },
  ],
  [
    'webhooks.endpoints.delete',
    (h) => h.webhooks.endpoints.delete('whe_1'),
    'DELETE /v1/webhooks/endpoints/whe_1',
  ],
  ['webhooks.deliveries.list', (h) => h.webhooks.deliveries.list(), 'GET /v1/webhooks/deliveries'],
  [
    'webhooks.deliveries.retry',
    (h) => h.webhooks.deliveries.retry('whd_1'),
    'POST /v1/webhooks/deliveries/whd_1/retry',
  ],
]

test.each(calls)('%s', async (_name, call, line, body) => {
  const wire = await startWire({ body: list })
  await call(wire.client())
  const request = wire.requests[0]
  expect(`${request?.method} ${request?.url}`).toBe(line)
  expect(request?.body).toBe(body === undefined ? '' : JSON.stringify(body))
})

describe('ensureCanceled', () => {
  const notCancelable = (status: string) =>
    refusal(412, 'payment_not_cancelable', {
      details: { payment_id: 'pay_1', current_status: status, cancelable_statuses: [] },
    })

  test('is a cancel where the payment can be canceled', async () => {
    const wire = await startWire({ body: { id: 'pay_1', status: 'canceled' } })
    const canceled = await wire.client().payments.ensureCanceled('pay_1', { reason: 'x' })
    expect(canceled.status).toBe('canceled')
    expect(wire.requests).toHaveLength(1)
  })

  test('gives the payment that is canceled already, read without the key and the ETag', async () => {
    const body = { id: 'pay_1', status: 'canceled' }
    const wire = await startWire(notCancelable('canceled'), { body })
    const options = { idempotencyKey: 'k', ifMatch: '"v1"', headers: { 'x-trace': 't' } }
    const call = wire.client().payments.ensureCanceled('pay_1', {}, options)
    expect((await call.withResponse()).data).toEqual(body)
    const read = wire.requests[1]
    expect(`${read?.method} ${read?.url}`).toBe('GET /v1/payments/pay_1')
    expect(read?.headers).toMatchObject({ 'x-trace': 't' })
    expect(read?.headers).not.toHaveProperty('if-match')
    expect(read?.headers).not.toHaveProperty('idempotency-key')
  })

  test.each(['succeeded', 'processing', 'failed'])('%s stays a refusal', async (status) => {
    const wire = await startWire(notCancelable(status))
    const error = await wire
      .client()
      .payments.ensureCanceled('pay_1')
      .catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(PaymentNotCancelableError)
    expect(error).toMatchObject({ details: { current_status: status } })
  })

  test('a stale ETag stays a refusal', async () => {
    const wire = await startWire(refusal(412, 'precondition_failed'))
    const call = wire.client().payments.ensureCanceled('pay_1', {}, { ifMatch: '"v1"' })
    await expect(call).rejects.toMatchObject({ code: 'precondition_failed' })
  })
})
