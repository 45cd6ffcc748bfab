import { expect, test } from 'vitest'
import { type Api, createPayment } from '../support/api.ts'
import { withServers } from '../support/servers.ts'
import { countWaiting, movePayment } from '../support/sql.ts'
import { until } from '../support/until.ts'

const fixture = withServers(2)

const cancelIf = (id: string, ifMatch: string, api: Api = fixture.api) =>
  api('POST', `/v1/payments/${id}/cancel`, { headers: { 'if-match': ifMatch } })

test('the ETag that a read gave lets the cancel through, and the canceled payment has a new one', async () => {
  const { id } = await createPayment(fixture.api)
  const etag = (await fixture.api('GET', `/v1/payments/${id}`)).headers.get('etag') ?? ''
  const canceled = await cancelIf(id, etag)
  expect(canceled.status).toBe(200)
  const read = await fixture.api('GET', `/v1/payments/${id}`)
  expect(read.headers.get('etag')).toBe(canceled.headers.get('etag'))
  expect(read.headers.get('etag')).not.toBe(etag)
})

test.each(['*', '"1"', '"7", "1"', '"1","2"', 'W/"1", "1"', ' "1" '])(
  '%s lets a new payment go',
  async (header) => {
    const { id } = await createPayment(fixture.api)
    expect((await cancelIf(id, header)).status).toBe(200)
  },
)

test.each(['"2"', 'W/"1"', '1', '"01"', '"1', '"99999999999999999999"', 'nonsense', '"a,b"', ','])(
  '%s is refused with the version there is, and nothing is canceled',
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

test('of a payment that cannot be canceled at all, that is what the answer says', async () => {
  const { id } = await createPayment(fixture.api)
  await cancelIf(id, '*')
  for (const header of ['"1"', '"2"']) {
    expect((await cancelIf(id, header)).body.error.code).toBe('payment_not_cancelable')
  }
  expect((await cancelIf('pay_unknown', '"1"')).status).toBe(404)
})

test('the version that counts is the newest, not that of the moment the cancel came', async () => {
  const { id } = await createPayment(fixture.api)
  const rival = await fixture.sql.connect()
  try {
    await rival.query('begin')
    await movePayment(rival, { id, to: 'initiated' })
    const stale = cancelIf(id, '"1"', fixture.apis[0])
    const fresh = cancelIf(id, '"2"', fixture.apis[1])
    await until('both wait', async () => (await countWaiting(fixture.sql)) >= 2)
    await rival.query('commit')
    expect((await fresh).status).toBe(200)
    expect((await stale).status).toBe(412)
  } finally {
    rival.release()
  }
})
