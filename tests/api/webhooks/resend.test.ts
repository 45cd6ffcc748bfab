import { beforeEach, expect, test } from 'vitest'
import { startReceiver } from '../../support/http/receiver.ts'
import { withMerchant } from '../../support/servers/merchant.ts'
import { createMerchant } from '../../support/servers/servers.ts'
import { until } from '../../support/until.ts'

const fixture = withMerchant()
const base = '/v1/webhooks/endpoints'

/** An endpoint with one successful delivery, and its path. */
let endpoint: string
let deliveryId: string

beforeEach(async () => {
  const receiver = await startReceiver()
  try {
    const { api } = fixture
    const { body } = await api('POST', base, { body: { url: receiver.url } })
    endpoint = `${base}/${body.id}`
    await api('POST', '/v1/webhooks/test', { body: {} })
    const path = `/v1/webhooks/deliveries?endpoint_id=${body.id}&status=succeeded`
    const [delivery] = await until('it has arrived', async () => {
      const { data } = (await api('GET', path)).body
      return data.length > 0 && data
    })
    deliveryId = delivery.id
  } finally {
    await receiver.close()
  }
  return async () => {
    await fixture.api('DELETE', endpoint)
  }
})

const since = '2024-06-15T10:32:00Z'

test('a retry or replay to a disabled endpoint is refused until the endpoint is enabled', async () => {
  const { api } = fixture
  const delivery = `/v1/webhooks/deliveries/${deliveryId}`
  await api('PATCH', endpoint, { body: { enabled: false } })
  const before = (await api('GET', delivery)).text
  const requests: [path: string, body?: object][] = [
    [`${endpoint}/retry`],
    [`${endpoint}/replay`, { since }],
    [`${delivery}/retry`],
  ]
  for (const [path, body] of requests) {
    const answer = await api('POST', path, { body, idempotencyKey: path })
    const expected = path.startsWith(delivery)
      ? 'a delivery to an enabled endpoint: enable it first'
      : 'an endpoint that is enabled: enable it first'
    expect([answer.status, answer.body.error.details?.expected], path).toEqual([400, expected])
  }
  expect((await api('GET', delivery)).text).toBe(before)
  await api('PATCH', endpoint, { body: { enabled: true } })
  for (const [path, body] of requests) {
    const { status } = await api('POST', path, { body, idempotencyKey: path })
    expect(status, `${path}: the key is free`).toBeLessThan(300)
  }
})

test('a retry of a delivery to a deleted endpoint is refused', async () => {
  const { api } = fixture
  await api('DELETE', endpoint)
  const answer = await api('POST', `/v1/webhooks/deliveries/${deliveryId}/retry`)
  expect([answer.status, answer.body.error.details]).toEqual([
    400,
    {
      field: 'id',
      received: JSON.stringify(deliveryId),
      expected: 'a delivery whose endpoint was not deleted',
    },
  ])
  const read = await api('GET', `/v1/webhooks/deliveries/${deliveryId}`)
  expect(read.body.status).toBe('succeeded')
})

test('a replay must begin in the past, by the test clock of the merchant', async () => {
  const { test: api } = await createMerchant(fixture)
  const { body } = await api('POST', base, { body: { url: 'https://example.com/hook' } })
  const replay = async (ms: number) =>
    await api('POST', `${base}/${body.id}/replay`, { body: { since: new Date(ms).toISOString() } })
  const inAnHour = Date.now() + 3_600_000
  const refused = await replay(inAnHour)
  expect([refused.status, refused.body.error.details.field]).toEqual([400, 'since'])
  expect((await replay(Date.now())).status).toBe(202)
  await api('POST', '/v1/test/clock/advance', { body: { seconds: 7_200 } })
  expect((await replay(inAnHour)).status).toBe(202)
  await api('DELETE', `${base}/${body.id}`)
})
