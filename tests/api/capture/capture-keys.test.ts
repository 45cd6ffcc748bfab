import { beforeAll, describe, expect, test } from 'vitest'
import { type Api, createPayment, paymentBody } from '../../support/http/api.ts'
import { untilStatus } from '../../support/payments/paid.ts'
import { withMerchant } from '../../support/servers/merchant.ts'
import { capture, capturedAmounts, createAuthorized } from './authorized.ts'

const fixture = withMerchant()
let api: Api

beforeAll(() => {
  api = fixture.api
})

describe('with an idempotency key', () => {
  test('a capture is replayed byte for byte, on every server, and captures once', async () => {
    const { id } = await createAuthorized(api)
    const request = { amount: 500, idempotencyKey: `capture ${id}` }
    const first = await capture(api, id, request)
    await untilStatus(api, id, 'succeeded')
    for (const other of fixture.apis) {
      const again = await capture(other, id, request)
      expect([again.status, again.text]).toEqual([200, first.text])
      expect(again.headers.get('idempotent-replayed')).toBe('true')
    }
    expect(await capturedAmounts(fixture.sql, id)).toEqual([500])
  })

  test('another amount is another request, and so is none', async () => {
    const { id } = await createAuthorized(api)
    const idempotencyKey = `reused ${id}`
    expect((await capture(api, id, { amount: 500, idempotencyKey })).status).toBe(200)
    for (const amount of [501, undefined]) {
      const { status, body } = await capture(api, id, { amount, idempotencyKey })
      expect([status, body.error.code]).toEqual([409, 'idempotency_key_reused'])
    }
  })

  test('a refusal by the status is replayed although the payment could be captured by then', async () => {
    const { id } = await createPayment(api, { capture_method: 'manual' })
    const idempotencyKey = `early ${id}`
    const refused = await capture(api, id, { idempotencyKey })
    expect(refused.status).toBe(412)
    await api('POST', `/v1/payments/${id}/initiate`, { body: { payment_method_token: 'tok_visa' } })
    const again = await capture(api, id, { idempotencyKey })
    expect([again.status, again.text]).toEqual([412, refused.text])
    expect((await api('GET', `/v1/payments/${id}`)).body.status).toBe('initiated')
  })

  test('the key of a create is not one of its capture', async () => {
    const idempotencyKey = `create and capture ${process.pid}`
    const body = paymentBody({ initiate: true, payment_method_token: 'tok_visa' })
    const created = await api('POST', '/v1/payments', {
      body: { ...body, capture_method: 'manual' },
      idempotencyKey,
    })
    const { status } = await capture(api, created.body.id, { idempotencyKey })
    expect(status).toBe(409)
  })
})
