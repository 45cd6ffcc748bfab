import { expect, test } from 'vitest'
import { type Api, apiClient, createPayment } from '../support/api.ts'
import { createMerchant, withServers } from '../support/servers.ts'

const fixture = withServers(2)

const createSession = async (api: Api) =>
  (await api('POST', '/v1/checkout/sessions', { body: { amount: 100, currency: 'USD' } })).body

test('a default window that was acknowledged is that of the next payment, on every process', async () => {
  const { id, testKey } = await createMerchant(fixture)
  const [first, second] = fixture.servers.map(({ url }) => apiClient(url, testKey))
  const makers = [first, second].map((api) => api as Api)
  for (const seconds of [3_600, 60, 0]) {
    // Whatever a process remembers of the merchant, it has just heard.
    for (const api of makers) await createPayment(api)
    const change = { body: { default_cancel_window: seconds } }
    expect((await first?.('PATCH', `/v1/merchants/${id}`, change))?.status).toBe(200)
    for (const api of makers) {
      expect(await createPayment(api)).toMatchObject({ cancel_window: seconds })
      expect(await createPayment(api, { cancel_window: 7 })).toMatchObject({ cancel_window: 7 })
    }
  }
})

test('and that of the payment of the next checkout session', async () => {
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
