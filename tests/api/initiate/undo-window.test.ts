import { expect, test } from 'vitest'
import { type Api, apiClient, createPayment } from '../../support/http/api.ts'
import { withMerchant } from '../../support/servers/merchant.ts'
import { createMerchant } from '../../support/servers/servers.ts'
import { size } from '../../support/size.ts'
import { until } from '../../support/until.ts'

const fixture = withMerchant()

const createSession = async (api: Api) =>
  (await api('POST', '/v1/checkout/sessions', { body: { amount: 100, currency: 'USD' } })).body

test('an acknowledged default cancel window applies to the next payment, on every process', async () => {
  const { id, testKey } = await createMerchant(fixture)
  const [first, second] = fixture.servers.map(({ url }) => apiClient(url, testKey))
  const makers = [first, second].map((api) => api as Api)
  for (const seconds of size({ quick: [3_600, 0], all: [3_600, 60, 0] })) {
    // Each process has the merchant in its cache.
    for (const api of makers) await createPayment(api)
    const change = { body: { default_cancel_window: seconds } }
    expect((await first?.('PATCH', `/v1/merchants/${id}`, change))?.status).toBe(200)
    for (const api of makers) {
      expect(await createPayment(api)).toMatchObject({ cancel_window: seconds })
      expect(await createPayment(api, { cancel_window: 7 })).toMatchObject({ cancel_window: 7 })
    }
  }
})

test('an acknowledged default cancel window applies to the next checkout session, on every process', async () => {
  const { id, testKey } = await createMerchant(fixture)
  const makers = fixture.servers.map(({ url }) => apiClient(url, testKey))
  for (const seconds of [3_600, 0]) {
    for (const api of makers) await createSession(api)
    const change = { body: { default_cancel_window: seconds } }
    await makers[0]?.('PATCH', `/v1/merchants/${id}`, change)
    for (const api of makers) {
      const session = await createSession(api)
      const [row] = await fixture.sql.query(
        'select cancel_window from checkout_sessions where id = $1',
        [session.id],
      )
      expect(row.cancel_window).toBe(seconds)
    }
  }
})

/** Checks that a time is at least `seconds` after the request was sent, and at most a second later. */
function expectKept(end: string, promise: { seconds: number; sentMs: number; answeredMs: number }) {
  const { seconds, sentMs, answeredMs } = promise
  expect(Date.parse(end)).toBeGreaterThanOrEqual(sentMs + seconds * 1000)
  expect(Date.parse(end)).toBeLessThanOrEqual(answeredMs + seconds * 1000 + 1000)
}

async function timed<T>(ask: () => Promise<T>) {
  const sentMs = Date.now()
  const answer = await ask()
  return { answer, sentMs, answeredMs: Date.now() }
}

test('an undo window is never shorter than requested, at whatever fraction of a second it begins', async () => {
  const token = { payment_method_token: 'tok_visa' }
  for (let n = 0; n < size({ quick: 4, all: 24 }); n++) {
    const [api] = fixture.apis.slice(n % 2) as [Api]
    const seconds = [1, 2, 60, 590_000][n % 4] as number
    const atOnce = await timed(() =>
      createPayment(api, { cancel_window: seconds, initiate: true, ...token }),
    )
    expectKept(atOnce.answer.cancelable_until, { ...atOnce, seconds })
    const { id } = await createPayment(api, { cancel_window: seconds })
    const later = await timed(() => api('POST', `/v1/payments/${id}/initiate`, { body: token }))
    expectKept(later.answer.body.cancelable_until, { ...later, seconds })
  }
})

test('an undo window never outlives the authorization: it ends an hour before', async () => {
  const body = { cancel_window: 604_800, initiate: true, payment_method_token: 'tok_visa' }
  const payment = await createPayment(fixture.api, body)
  const endMs = Date.parse(payment.authorization_expires_at)
  expect(endMs).toBeLessThanOrEqual(Date.parse(payment.updated_at) + 604_800_000)
  expect(endMs - Date.parse(payment.cancelable_until)).toBe(3_600_000)
})

test('a payment is not processed before its window has ended, and can be canceled until then', async () => {
  const body = { cancel_window: 1, initiate: true, payment_method_token: 'tok_visa' }
  const created = await Promise.all(
    Array.from({ length: size({ quick: 3, all: 10 }) }, () =>
      timed(() => createPayment(fixture.api, body)),
    ),
  )
  for (const { answer, sentMs } of created) {
    await until('it is processed', async () => {
      const found = await fixture.api('GET', `/v1/payments/${answer.id}`)
      return found.body.status === 'succeeded'
    })
    const [{ at }] = await fixture.sql.query(
      `select created_at as at from events where subject_id = $1 and type = 'payment.processing'`,
      [answer.id],
    )
    expect(new Date(at).getTime()).toBeGreaterThanOrEqual(Date.parse(answer.cancelable_until))
    expect(new Date(at).getTime()).toBeGreaterThanOrEqual(sentMs + 1000)
  }
})

test('the event at the end of a window shows the payment as it was then', async () => {
  const body = { cancel_window: 1, initiate: true, payment_method_token: 'tok_visa' }
  const initiated = await createPayment(fixture.api, body)
  const { id, cancelable_until, authorization_expires_at } = initiated
  const event = await until('it is processed', async () => {
    const found = await fixture.api('GET', `/v1/payments/${id}/events`)
    return found.body.data.find(({ type }: { type: string }) => type === 'payment.processing')
  })
  expect(authorization_expires_at).not.toBeNull()
  expect(event.data).toMatchObject({
    status: 'processing',
    captured_amount: 0,
    cancelable_until,
    authorization_expires_at,
  })
})

test('a cancel window of zero ends at once', async () => {
  const body = { cancel_window: 0, initiate: true, payment_method_token: 'tok_visa' }
  const { cancelable_until, updated_at } = await createPayment(fixture.api, body)
  expect(cancelable_until).toBe(updated_at)
})

test('a payment and a checkout session expire after a whole hour by default', async () => {
  for (let n = 0; n < size({ quick: 3, all: 10 }); n++) {
    const payment = await timed(() => createPayment(fixture.api))
    expectKept(payment.answer.expires_at, { ...payment, seconds: 3_600 })
    const session = await timed(() => createSession(fixture.api))
    expectKept(session.answer.expires_at, { ...session, seconds: 3_600 })
  }
})

test('an expiry with a fraction of a second is rounded up', async () => {
  const endMs = Math.floor(Date.now() / 1000) * 1000 + 600_250
  const expires_at = new Date(endMs).toISOString()
  const rounded = new Date(endMs + 750).toISOString().replace('.000', '')
  expect((await createPayment(fixture.api, { expires_at })).expires_at).toBe(rounded)
  const session = { amount: 100, currency: 'USD', expires_at }
  const { body } = await fixture.api('POST', '/v1/checkout/sessions', { body: session })
  expect(body.expires_at).toBe(rounded)
})

test('a client token and the old secret of an endpoint are valid until the time in the answer', async () => {
  const { id } = await createPayment(fixture.api)
  const endpoint = { url: 'https://example.com/hooks', events: ['*'] }
  const made = await fixture.api('POST', '/v1/webhooks/endpoints', { body: endpoint })
  for (let n = 0; n < size({ quick: 2, all: 5 }); n++) {
    const token = await timed(() =>
      fixture.api('POST', '/v1/auth/client-token', { body: { payment_id: id } }),
    )
    expectKept(token.answer.body.expires_at, { ...token, seconds: 900 })
    const path = `/v1/webhooks/endpoints/${made.body.id}`
    const rotated = await timed(() => fixture.api('PATCH', path, { body: { rotate_secret: true } }))
    expectKept(rotated.answer.body.old_secret_expires_at, { ...rotated, seconds: 86_400 })
  }
})
