import { beforeAll, describe, expect, test } from 'vitest'
import { apiClient, createPayment } from '../../support/http/api.ts'
import { until } from '../../support/until.ts'
import { withCommandLine } from '../with-server.ts'

const { fixture, server, run, json } = withCommandLine()
const nowMs = async () => Date.parse((await json('clock', 'show')).now)

let old: string
let recent: string

// The merchant's clock is thirty days ahead of the real time.
beforeAll(async () => {
  old = (await createPayment(fixture.api, { cancel_window: 0 })).id
  await json('clock', 'advance', '30d')
  recent = (await createPayment(fixture.api)).id
})

describe("an age counts from the merchant's clock of test mode", () => {
  test.each([
    ['--created-after', '1h', () => [recent]],
    ['--created-before', '24h', () => [old]],
    ['--created-after', '31d', () => [recent, old]],
    ['--created-before', '31d', () => []],
  ])('payments list and events list %s %s', async (option, age, expected) => {
    const listed = await json('payments', 'list', option, age)
    expect(listed.data.map(({ id }: { id: string }) => id)).toEqual(expected())
    const created = await json('events', 'list', '--type', 'payment.created', option, age)
    expect(created.data.map(({ data }: { data: { id: string } }) => data.id)).toEqual(expected())
  })

  test('payments cancel-many --created-before', async () => {
    const order = { cancel_window: 604_800, initiate: true, payment_method_token: 'tok_visa' }
    const aged = await createPayment(fixture.api, order)
    await json('clock', 'advance', '3d')
    const young = await createPayment(fixture.api, order)
    const filters = ['--status', 'initiated', '--created-before', '1d', '--yes']
    const { cancellation } = await json('payments', 'cancel-many', ...filters)
    expect(cancellation.canceled).toBe(1)
    const statuses = await Promise.all(
      [aged, young].map(async ({ id }) => (await json('payments', 'get', id)).status),
    )
    expect(statuses).toEqual(['canceled', 'initiated'])
  })

  test('webhooks replay --since', async () => {
    const { id } = await json('webhooks', 'create', 'https://shop.example.com/webhooks')
    const before = await nowMs()
    const { since } = await json('webhooks', 'replay', id, '--since', '1h')
    const agoSeconds = (before - Date.parse(since)) / 1_000
    expect(agoSeconds).toBeLessThanOrEqual(3_600)
    expect(agoSeconds).toBeGreaterThan(0)
  })
})

describe('an age counts from the real time', () => {
  test('in the audit log, whose entries have the real time', async () => {
    const { data } = await json('audit', '--action', 'test_clock.advanced', '--after', '1h')
    expect(data.length).toBeGreaterThan(0)
    expect((await json('audit', '--before', '1h')).data).toEqual([])
  })

  test('in the expiry of a key, which a test clock does not extend', async () => {
    const key = await json('keys', 'create', '--expires-at', '2h')
    const leftMs = Date.parse(key.expires_at) - Date.now()
    expect(leftMs).toBeLessThanOrEqual(2 * 3_600_000)
    expect((await apiClient(server().url, key.secret_key)('GET', '/v1/payments')).status).toBe(200)
  })

  test('in the list of deliveries', async () => {
    await json('webhooks', 'create', 'https://shop.example.com/deliveries')
    await json('webhooks', 'test')
    await until('the delivery is listed', async () => {
      return (await json('webhooks', 'deliveries', '--created-after', '1h')).data.length > 0
    })
    expect((await json('webhooks', 'deliveries', '--created-before', '1h')).data).toEqual([])
  })
})

test('without an age, no request reads the clock', async () => {
  const { stderr } = await run('payments', 'list', '--created-after', '2024-06-15', '--verbose')
  expect(stderr).toContain('/v1/payments')
  expect(stderr).not.toContain('/v1/test/clock')
})
