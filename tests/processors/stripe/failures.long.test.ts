import { afterAll, beforeAll, expect, test } from 'vitest'
import { retryTasksSoon } from '../../support/databases/retries.ts'
import { openSql } from '../../support/databases/sql.ts'
import { type Api, createPayment } from '../../support/http/api.ts'
import { createPaid, untilStatus } from '../../support/payments/paid.ts'
import { until } from '../../support/until.ts'
import { startMerchantWithStripe } from './stand-in/server-with-stripe.ts'
import type { StripeStandIn } from './stand-in/stand-in.ts'

// Stripe stores its first answer to an idempotency key for a day, even if that answer is a failure of
// Stripe. So a failed call must be repeated with another key.

const stripeKey = 'sk_test_of_this_merchant'
const token = 'pm_card_visa'
const failure = { type: 'api_error', message: 'Something went wrong.' }

let stripe: StripeStandIn
let started: Awaited<ReturnType<typeof startMerchantWithStripe>>
let api: Api

beforeAll(async () => {
  started = await startMerchantWithStripe(stripeKey)
  const sql = openSql(started.database.url)
  await retryTasksSoon(sql)
  await sql.close()
  stripe = started.stripe
  api = started.api
})

afterAll(() => started?.stop())

const retrieve = async (id: string) => (await api('GET', `/v1/payments/${id}`)).body
const initiate = (id: string) =>
  api('POST', `/v1/payments/${id}/initiate`, { body: { payment_method_token: token } })

interface Attempt {
  readonly kind: string
  readonly outcome: string | null
  readonly code: string | null
}

/** The outcomes of the calls of a kind, oldest first. */
async function outcomes(id: string, kind: string) {
  const { body } = await api('GET', `/v1/payments/${id}/attempts?limit=100`)
  const ofKind = body.data.filter((one: Attempt) => one.kind === kind)
  return ofKind.map(({ outcome, code }: Attempt) => code ?? outcome).reverse()
}

async function untilOutcome(id: string, kind: string, outcome: string) {
  await until(`${kind} of ${id} is ${outcome}`, async () =>
    (await outcomes(id, kind)).includes(outcome),
  )
}

/** The movements of a payment in Stripe's books. */
function moved(id: string): string[] {
  const intent = stripe.intentOf(id)
  return stripe.movements.filter((one) => one.intent === intent).map(({ kind }) => kind)
}

/** Creates an authorized payment in its undo window. */
async function createAuthorized(): Promise<string> {
  const { id } = await createPayment(api, { cancel_window: 3600 })
  expect((await initiate(id)).status).toBe(200)
  return id
}

async function untilRefundPaid(id: string) {
  await until(`the refund of ${id} is paid`, async () => {
    const { refunds } = await retrieve(id)
    return refunds[0].status === 'succeeded'
  })
}

test.each([['make', /POST .*payment_intents$/] as const, ['confirm', /confirm$/] as const])(
  'a submission succeeds after one failure of Stripe to %s',
  async (_what, path) => {
    const { id } = await createPayment(api)
    stripe.failNext(path, 500, failure)
    expect((await initiate(id)).status).toBe(200)
    await untilStatus(api, id, 'succeeded')
    expect(moved(id)).toEqual(['authorize', 'capture'])
  },
)

test('the worker completes a submission that ended with 502 after two failures of Stripe', async () => {
  const { id } = await createPayment(api)
  stripe.failNext(/confirm$/, 500, failure)
  stripe.failNext(/confirm$/, 500, failure)
  expect((await initiate(id)).status).toBe(502)
  await untilStatus(api, id, 'succeeded')
  expect(moved(id)).toEqual(['authorize', 'capture'])
})

test('a capture succeeds after one failure of Stripe', async () => {
  const { id } = await createPayment(api)
  stripe.failNext(/capture$/, 500, failure)
  expect((await initiate(id)).status).toBe(200)
  await untilStatus(api, id, 'succeeded')
  expect(await outcomes(id, 'capture')).toEqual(['kept_failure', 'captured'])
  expect(moved(id)).toEqual(['authorize', 'capture'])
})

test('the void of a canceled payment succeeds after one failure of Stripe', async () => {
  const id = await createAuthorized()
  stripe.failNext(/cancel$/, 500, failure)
  expect((await api('POST', `/v1/payments/${id}/cancel`)).status).toBe(200)
  await untilOutcome(id, 'void', 'voided')
  expect(await outcomes(id, 'void')).toEqual(['kept_failure', 'voided'])
  expect(moved(id)).toEqual(['authorize', 'cancel'])
})

test('a refund succeeds after one failure of Stripe', async () => {
  const { id } = await createPaid(api, { token })
  stripe.failNext(/POST .*refunds$/, 500, failure)
  await api('POST', `/v1/payments/${id}/refund`, { body: { amount: 100 } })
  await untilRefundPaid(id)
  // Only the replay shows that the failure is final. Until then, another key could pay the refund twice.
  expect(await outcomes(id, 'refund')).toEqual(['processor_failure', 'kept_failure', 'refunded'])
  expect(moved(id)).toEqual(['authorize', 'capture', 'refund'])
})

test('a refund that Stripe made but reported as failed is not repeated', async () => {
  const { id } = await createPaid(api, { token })
  stripe.failNextThoughDone(/POST .*refunds$/)
  await api('POST', `/v1/payments/${id}/refund`, { body: { amount: 100 } })
  await untilRefundPaid(id)
  expect(await outcomes(id, 'refund')).toEqual(['processor_failure'])
  expect(moved(id)).toEqual(['authorize', 'capture', 'refund'])
})

test('the refund of a capture after a cancel succeeds after one failure of Stripe', async () => {
  const id = await createAuthorized()
  stripe.captureByHand(id)
  stripe.failNext(/POST .*refunds$/, 500, failure)
  expect((await api('POST', `/v1/payments/${id}/cancel`)).status).toBe(200)
  await untilOutcome(id, 'refund_late_capture', 'refunded')
  expect(moved(id)).toEqual(['authorize', 'capture', 'refund'])
})

test('a capture with an unknown outcome is repeated with the same key', async () => {
  const { id } = await createPayment(api)
  const before = stripe.keysTo(/capture$/).length
  stripe.cutNext(/capture$/)
  expect((await initiate(id)).status).toBe(200)
  await untilStatus(api, id, 'succeeded')
  expect(stripe.keysTo(/capture$/).slice(before)).toEqual([`${id}:capture`, `${id}:capture`])
})

test('a refund with an unknown outcome is repeated with the same key', async () => {
  const { id } = await createPaid(api, { token })
  const before = stripe.keysTo(/POST .*refunds$/).length
  stripe.cutNext(/POST .*refunds$/)
  const { body } = await api('POST', `/v1/payments/${id}/refund`, { body: { amount: 100 } })
  await untilRefundPaid(id)
  const refundId = body.refunds[0].id
  expect(stripe.keysTo(/POST .*refunds$/).slice(before)).toEqual([refundId, refundId])
})
