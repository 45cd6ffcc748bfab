import type { HedgePayments } from '../../../packages/node/src/index.ts'

const payment = { amount: 9999, currency: 'USD', customer_email: 'customer@example.com' }

type Call = (hedge: HedgePayments) => PromiseLike<unknown>

/** Each SDK method: name, call, method and path of its request, body. */
export const calls: readonly [string, Call, string, unknown?][] = [
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
    'payments.capture',
    (h) => h.payments.capture('pay_1', { amount: 100 }),
    'POST /v1/payments/pay_1/capture',
    { amount: 100 },
  ],
  [
    'payments.capture all',
    (h) => h.payments.capture('pay_1'),
    'POST /v1/payments/pay_1/capture',
    {},
  ],
  [
    'payments.refund',
    (h) => h.payments.refund('pay_1', { amount: 100 }),
    'POST /v1/payments/pay_1/refund',
    { amount: 100 },
  ],
  ['payments.reverse', (h) => h.payments.reverse('pay_1'), 'POST /v1/payments/pay_1/reverse', {}],
  ['merchants.balance', (h) => h.merchants.balance('merch_1'), 'GET /v1/merchants/merch_1/balance'],
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
  ['payments.attention', (h) => h.payments.attention('pay_1'), 'GET /v1/payments/pay_1/attention'],
  [
    'payments.resolve',
    (h) => h.payments.resolve('pay_1', { resolution: 'captured', reason: 'seen there' }),
    'POST /v1/payments/pay_1/resolve',
    { resolution: 'captured', reason: 'seen there' },
  ],
  ['payments.attempts', (h) => h.payments.attempts('pay_1'), 'GET /v1/payments/pay_1/attempts'],
  [
    'webhooks.endpoints.retryFailed',
    (h) => h.webhooks.endpoints.retryFailed('whe_1'),
    'POST /v1/webhooks/endpoints/whe_1/retry',
  ],
  [
    'webhooks.endpoints.replay',
    (h) => h.webhooks.endpoints.replay('whe_1', { since: new Date(0) }),
    'POST /v1/webhooks/endpoints/whe_1/replay',
    { since: '1970-01-01T00:00:00Z' },
  ],
  [
    'webhooks.deliveries.retrieve',
    (h) => h.webhooks.deliveries.retrieve('whd_1'),
    'GET /v1/webhooks/deliveries/whd_1',
  ],
  [
    'apiKeys.create',
    (h) => h.apiKeys.create({ name: 'x' }),
    'POST /v1/auth/api-keys',
    { name: 'x' },
  ],
  ['apiKeys.list', (h) => h.apiKeys.list({ limit: 2 }), 'GET /v1/auth/api-keys?limit=2'],
  ['apiKeys.revoke', (h) => h.apiKeys.revoke('key_1'), 'DELETE /v1/auth/api-keys/key_1'],
  [
    'auditLog.list',
    (h) => h.auditLog.list({ action: 'api_key.created', created_at: { gte: new Date(0) } }),
    'GET /v1/audit_log?action=api_key.created&created_at[gte]=1970-01-01T00%3A00%3A00Z',
  ],
  [
    'clientTokens.create',
    (h) => h.clientTokens.create({ payment_id: 'pay_1' }),
    'POST /v1/auth/client-token',
    { payment_id: 'pay_1' },
  ],
  [
    'merchants.create',
    (h) => h.merchants.create({ name: 'B' }),
    'POST /v1/merchants',
    { name: 'B' },
  ],
  ['merchants.retrieve', (h) => h.merchants.retrieve('merch_1'), 'GET /v1/merchants/merch_1'],
  [
    'merchants.update',
    (h) => h.merchants.update('merch_1', { default_cancel_window: 60 }),
    'PATCH /v1/merchants/merch_1',
    { default_cancel_window: 60 },
  ],
  [
    'merchants.processor.retrieve',
    (h) => h.merchants.processor.retrieve('merch_1'),
    'GET /v1/merchants/merch_1/processor',
  ],
  [
    'merchants.processor.set',
    (h) => h.merchants.processor.set('merch_1', { processor: 'stripe', secret_key: 'rk_test_1' }),
    'POST /v1/merchants/merch_1/processor',
    { processor: 'stripe', secret_key: 'rk_test_1' },
  ],
  [
    'merchants.processor.remove',
    (h) => h.merchants.processor.remove('merch_1'),
    'DELETE /v1/merchants/merch_1/processor',
  ],
  ['disputes.retrieve', (h) => h.disputes.retrieve('dp_1'), 'GET /v1/disputes/dp_1'],
  [
    'disputes.list',
    (h) => h.disputes.list({ payment: 'pay_1', status: ['won', 'lost'], limit: 5 }),
    'GET /v1/disputes?payment=pay_1&status=won&status=lost&limit=5',
  ],
  ['testClock.retrieve', (h) => h.testClock.retrieve(), 'GET /v1/test/clock'],
  [
    'testClock.advance',
    (h) => h.testClock.advance({ seconds: 60 }),
    'POST /v1/test/clock/advance',
    { seconds: 60 },
  ],
  [
    'testFailures.create',
    (h) => h.testFailures.create({ code: 'card_declined' }),
    'POST /v1/test/failures',
    { code: 'card_declined' },
  ],
]
