import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startWork } from '../../faults/leases/paused-work.ts'
import { type Api, paymentBody } from '../../support/http/api.ts'
import { advance } from '../../support/payments/sandbox.ts'
import { limitsNeverReached, type OwnApp, startOwnApp } from '../../support/servers/own-app.ts'
import { createMerchant } from '../../support/servers/servers.ts'
import { isLongRun } from '../../support/size.ts'
import { until } from '../../support/until.ts'

let own: OwnApp
const newMerchant = () => createMerchant({ api: own.api, servers: [own] })

beforeAll(async () => {
  own = await startOwnApp(limitsNeverReached)
})

afterAll(() => own?.close())

/** Sets the age of the merchant's records, and runs retention. */
async function age(merchantId: string, hours: number): Promise<void> {
  const { sql } = own
  await sql.query(
    `update idempotency_records set created_at = now() - make_interval(hours => $2)
     where merchant_id = $1`,
    [merchantId, hours],
  )
  await sql.query(`update retention_tasks set due_at = now() - interval '1 minute', reached = null`)
  const work = startWork(own.databaseUrl)
  await until('retention has been through all records', async () => {
    work.loop.nudge()
    const [row] = await sql.query('select count(*) from retention_tasks where due_at <= now()')
    return row.count === '0'
  })
  await work.stop()
}

const idempotencyKey = 'K'
const create = (api: Api, more: Record<string, unknown>) =>
  api('POST', '/v1/payments', { body: paymentBody(more), idempotencyKey })
const cancelByKey = (api: Api) =>
  api('POST', '/v1/payments/cancel', { body: { idempotency_key: idempotencyKey } })

const submitted = { initiate: true, payment_method_token: 'tok_visa' }
const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString()

const cases: readonly [what: string, more: Record<string, unknown>, hours: number][] = [
  ['a payment in its undo window of two days', { ...submitted, cancel_window: 172_800 }, 26],
  ['a payment in its undo window of seven days', { ...submitted, cancel_window: 604_800 }, 160],
  ['a payment that is not initiated for weeks', { expires_at: inDays(80) }, 1_000],
]

describe.each(cases.filter(([, , hours]) => isLongRun || hours !== 160))('%s', (_, more, hours) => {
  test('is canceled by the key of its create, whatever the age of that key', async () => {
    const { id: merchantId, test: api } = await newMerchant()
    const first = await create(api, more)
    expect(first.status).toBe(201)
    await age(merchantId, hours)
    const { status, body } = await cancelByKey(api)
    expect([status, body.id, body.status]).toEqual([200, first.body.id, 'canceled'])
  })

  test('keeps the first answer to its create, and the key is refused for another create', async () => {
    const { id: merchantId, test: api } = await newMerchant()
    const first = await create(api, more)
    await age(merchantId, hours)
    const again = await create(api, more)
    expect(again.text).toBe(first.text)
    expect(again.headers.get('idempotent-replayed')).toBe('true')
    const other = await create(api, { ...more, amount: 1 })
    expect([other.status, other.body.error.code]).toEqual([409, 'idempotency_key_reused'])
    expect((await api('GET', '/v1/payments')).body.data).toHaveLength(1)
  })
})

test('a payment whose undo window is open by the test clock is canceled by the key of its create', async () => {
  const { id: merchantId, test: api } = await newMerchant()
  await create(api, { ...submitted, cancel_window: 172_800 })
  await advance(api, 26 * 3_600)
  await age(merchantId, 26)
  expect((await cancelByKey(api)).status).toBe(200)
})

test('a cancel by the key of a charged payment is refused, and not awaited', async () => {
  const { id: merchantId, test: api } = await newMerchant()
  const { body: payment } = await create(api, { ...submitted, cancel_window: 172_800 })
  await advance(api, 49 * 3_600)
  const work = startWork(own.databaseUrl)
  await until('the payment is charged', async () => {
    const { body } = await api('GET', `/v1/payments/${payment.id}`)
    return body.status === 'succeeded'
  })
  await work.stop()
  await age(merchantId, 50)
  const { status, body } = await cancelByKey(api)
  expect([status, body.error?.details?.current_status]).toEqual([412, 'succeeded'])
  await advance(api, 26 * 3_600)
  await age(merchantId, 26)
  expect((await cancelByKey(api)).status, 'the key is free again').toBe(202)
})
