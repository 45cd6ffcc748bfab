import { afterAll, beforeAll, expect, test } from 'vitest'
import { lockRows } from '../../support/databases/sql.ts'
import { type Api, apiClient, createPayment } from '../../support/http/api.ts'
import { makeLiveKey } from '../../support/servers/live-key.ts'
import { type OwnApp, startOwnApp } from '../../support/servers/own-app.ts'
import { until } from '../../support/until.ts'

// Of ten concurrent requests, test mode may have eight, one of its merchants seven, and a live
// merchant eight.
const ten = { burstMax: 10, limitMin: 10 }
let own: OwnApp
let other: Api
let live: Api

beforeAll(async () => {
  own = await startOwnApp({ admission: { cancellations: ten, others: ten } })
  const { body } = await own.api('POST', '/v1/merchants', { body: { name: 'Another' } })
  other = apiClient(own.url, body.api_keys[0].secret_key)
  live = apiClient(own.url, await makeLiveKey(own.databaseUrl, own.owner.merchant_id))
})

afterAll(() => own.close())

/** Sends `sent` requests for a locked payment, and waits until `refused` of them are refused. */
async function fill(
  { api, id, action }: { api: Api; id: string; action: string },
  { sent, refused }: { sent: number; refused: number },
): Promise<Promise<unknown>[]> {
  const before = own.app.requestsInFlight()
  let count = 0
  const body = action === 'initiate' ? { payment_method_token: 'tok_visa' } : {}
  const asked = Array.from({ length: sent }, async () => {
    const { status } = await api('POST', `/v1/payments/${id}/${action}`, { body })
    if (status === 503) count++
  })
  await until('the rest is refused', () => count === refused)
  expect(own.app.requestsInFlight() - before).toBe(sent - refused)
  return asked
}

test.each([
  ['initiate', 'GET', '/v1/payments/pay_unknown'],
  ['cancel', 'POST', '/v1/payments/pay_unknown/cancel'],
])(
  'many requests of one merchant in test mode (%s) leave places for another merchant and for live mode',
  async (action, method, path) => {
    const first = await createPayment(own.api)
    const second = await createPayment(other)
    const rival = await own.sql.connect()
    await rival.query('begin')
    await lockRows(rival, [first.id, second.id])
    const asked: Promise<unknown>[] = []
    try {
      asked.push(...(await fill({ api: own.api, id: first.id, action }, { sent: 9, refused: 2 })))
      asked.push(...(await fill({ api: other, id: second.id, action }, { sent: 3, refused: 2 })))
      expect((await own.api(method, path)).status).toBe(503)
      expect((await live(method, path)).status).toBe(404)
    } finally {
      await rival.query('rollback')
      rival.release()
      await Promise.all(asked)
    }
    expect((await own.api(method, path)).status).toBe(404)
  },
)
