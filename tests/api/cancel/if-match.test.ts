import { describe, expect, test } from 'vitest'
import { type Api, createPayment } from '../../support/http/api.ts'
import { createPaid } from '../../support/payments/paid.ts'
import { initiate } from '../../support/payments/sandbox.ts'
import { withMerchant } from '../../support/servers/merchant.ts'

const fixture = withMerchant()

const cancelIf = (id: string, ifMatch: string, api: Api = fixture.api) =>
  api('POST', `/v1/payments/${id}/cancel`, { headers: { 'if-match': ifMatch } })

test('a cancel with the ETag of a read succeeds, and the canceled payment has a new ETag', async () => {
  const { id } = await createPayment(fixture.api)
  const etag = (await fixture.api('GET', `/v1/payments/${id}`)).headers.get('etag') ?? ''
  const canceled = await cancelIf(id, etag)
  expect(canceled.status).toBe(200)
  const read = await fixture.api('GET', `/v1/payments/${id}`)
  expect(read.headers.get('etag')).toBe(canceled.headers.get('etag'))
  expect(read.headers.get('etag')).not.toBe(etag)
})

test.each(['*', '"1"', '"7", "1"', '"1","2"', 'W/"1", "1"', ' "1" '])(
  'If-Match: %s matches a new payment',
  async (header) => {
    const { id } = await createPayment(fixture.api)
    expect((await cancelIf(id, header)).status).toBe(200)
  },
)

test.each(['"2"', 'W/"1"', '1', '"01"', '"1', '"99999999999999999999"', 'nonsense', '"a,b"', ','])(
  'If-Match: %s is refused with the current version, and nothing is canceled',
  async (header) => {
    const { id } = await createPayment(fixture.api)
    const { status, body } = await cancelIf(id, header)
    expect([status, body.error.code]).toEqual([412, 'precondition_failed'])
    expect(body.error.details).toEqual({
      payment_id: id,
      current_status: 'pending',
      current_etag: '"1"',
    })
    expect((await fixture.api('GET', `/v1/payments/${id}`)).body.status).toBe('pending')
  },
)

test('a payment that cannot be canceled gets payment_not_cancelable, whatever the If-Match', async () => {
  const { id } = await createPayment(fixture.api)
  await cancelIf(id, '*')
  for (const header of ['"1"', '"2"']) {
    expect((await cancelIf(id, header)).body.error.code).toBe('payment_not_cancelable')
  }
  expect((await cancelIf('pay_unknown', '"1"')).status).toBe(404)
})

const ofPending = () => createPayment(fixture.api, { cancel_window: 3_600 })
const ofPaid = () => createPaid(fixture.api)
const ofAuthorized = async () =>
  (await initiate(fixture.api, 'tok_visa', { capture_method: 'manual' })).body

const steps = [
  {
    action: 'initiate',
    make: ofPending,
    body: { payment_method_token: 'tok_visa' },
    refused: 'payment_not_initiable',
  },
  {
    action: 'capture',
    make: ofAuthorized,
    body: { amount: 100 },
    refused: 'payment_not_capturable',
  },
  { action: 'refund', make: ofPaid, body: { amount: 100 }, refused: 'payment_not_refundable' },
  { action: 'reverse', make: ofPending, body: { reason: 'x' }, refused: 'payment_not_refundable' },
  { action: 'reverse', make: ofPaid, body: { reason: 'x' }, refused: 'payment_not_refundable' },
]

describe.each(steps)('$action with If-Match', ({ action, make, body, refused }) => {
  const ask = (id: string, ifMatch: string, more: object = {}) =>
    fixture.api('POST', `/v1/payments/${id}/${action}`, {
      body,
      headers: { 'if-match': ifMatch },
      ...more,
    })

  test('is refused with the current version and changes nothing, if the version is another one', async () => {
    const { id } = await make()
    const before = await fixture.api('GET', `/v1/payments/${id}`)
    const answer = await ask(id, '"99"')
    expect([answer.status, answer.body.error]).toMatchObject([
      412,
      {
        code: 'precondition_failed',
        details: {
          payment_id: id,
          current_status: before.body.status,
          current_etag: before.headers.get('etag'),
        },
      },
    ])
    expect((await fixture.api('GET', `/v1/payments/${id}`)).text).toBe(before.text)
    const calls = await fixture.api('GET', `/v1/payments/${id}/attempts`)
    const asked = calls.body.data.filter(({ kind }: { kind: string }) => kind !== 'capture')
    expect(asked.length).toBe(before.body.status === 'pending' ? 0 : 1)
  })

  test('succeeds with the current version, and only once for concurrent requests', async () => {
    const { id } = await make()
    const etag = (await fixture.api('GET', `/v1/payments/${id}`)).headers.get('etag') ?? ''
    const answers = await Promise.all(Array.from({ length: 6 }, () => ask(id, etag)))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(5).fill(412)])
  })

  test('replays its first answer for the same key, whether 200 or 412, after the payment has changed', async () => {
    const { id } = await make()
    const key = `${action} ${id}`
    const stale = await ask(id, '"99"', { idempotencyKey: `${key} stale` })
    const done = await ask(id, '*', { idempotencyKey: key })
    expect([stale.status, done.status]).toEqual([412, 200])
    for (const [first, idempotencyKey] of [
      [stale, `${key} stale`],
      [done, key],
    ] as const) {
      const again = await ask(id, '"98"', { idempotencyKey })
      expect([again.status, again.text]).toEqual([first.status, first.text])
      expect(again.headers.get('idempotent-replayed')).toBe('true')
    }
  })

  test('reports a status that does not allow it, whatever the version', async () => {
    const { id } = await createPayment(fixture.api)
    await cancelIf(id, '*')
    expect((await ask(id, '"99"')).body.error.code).toBe(refused)
  })
})
