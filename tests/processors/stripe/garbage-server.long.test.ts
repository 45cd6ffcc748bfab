import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type Api, createPayment } from '../../support/http/api.ts'
import { createPaid, untilStatus } from '../../support/payments/paid.ts'
import type { TestServer } from '../../support/servers/server.ts'
import { size } from '../../support/size.ts'
import { until } from '../../support/until.ts'
import { leaked, unreadable, untrueOfIntent } from './garbage.ts'
import { startMerchantWithStripe } from './stand-in/server-with-stripe.ts'
import type { StripeStandIn } from './stand-in/stand-in.ts'

const stripeKey = 'sk_test_of_this_merchant'
const token = 'pm_card_visa'

let stripe: StripeStandIn
let server: TestServer
let started: Awaited<ReturnType<typeof startMerchantWithStripe>>
let api: Api

beforeAll(async () => {
  started = await startMerchantWithStripe(stripeKey)
  stripe = started.stripe
  server = started.server
  api = started.api
})

afterAll(() => started?.stop())

afterEach(() => stripe.garble(null))

const retrieve = async (id: string) => (await api('GET', `/v1/payments/${id}`)).body
const initiate = (id: string) =>
  api('POST', `/v1/payments/${id}/initiate`, { body: { payment_method_token: token } })

interface Attempt {
  readonly kind: string
  readonly outcome: string | null
}
async function attempts(id: string): Promise<Attempt[]> {
  return (await api('GET', `/v1/payments/${id}/attempts`)).body.data
}

/** All texts that the API returns about a payment. */
async function told(id: string): Promise<string> {
  const paths = ['', '/attempts', '/events']
  const answers = paths.map((path) => api('GET', `/v1/payments/${id}${path}`))
  return (await Promise.all(answers)).map(({ text }) => text).join('\n')
}

async function untilAttempt(id: string, kind: string, outcomes: readonly string[]) {
  await until(`${kind} of ${id} is ${outcomes}`, async () =>
    (await attempts(id)).some((one) => one.kind === kind && outcomes.includes(one.outcome ?? '')),
  )
}

/** The movements of a payment in Stripe's books. */
function moved(id: string): string[] {
  const intent = stripe.intentOf(id)
  return stripe.movements.filter((one) => one.intent === intent).map(({ kind }) => kind)
}

const garbage = [...unreadable, ...untrueOfIntent].filter(([name]) =>
  [
    'a page of HTML',
    'a number',
    'no fields',
    'another payment',
    'half an answer, then a lost connection',
  ].includes(name),
)

test.each(garbage.slice(0, size({ quick: 2, all: garbage.length })))(
  'answers with %s change no payment until Stripe answers correctly',
  async (_name, how) => {
    const refunded = (await createPaid(api, { token })).id
    const canceled = (await createPayment(api, { cancel_window: 3600 })).id
    expect((await initiate(canceled)).status).toBe(200)
    const authorized = (await createPayment(api)).id
    const taken = (await createPayment(api)).id
    stripe.garble({ path: /capture$|^GET/, how })
    expect((await initiate(taken)).status).toBe(200)
    await untilAttempt(taken, 'capture', ['unknown'])

    stripe.garble({ path: /./, how })
    const silent = await initiate(authorized)
    expect(silent.status).toBe(502)
    expect(silent.body.error.code).toBe('processor_unavailable')
    expect((await api('POST', `/v1/payments/${canceled}/cancel`)).status).toBe(200)
    await api('POST', `/v1/payments/${refunded}/refund`, { body: { amount: 100 } })
    await untilAttempt(canceled, 'void', ['unknown'])
    // What is left is looked up before a refund is sent.
    await untilAttempt(refunded, 'look_up', ['unknown'])
    expect((await retrieve(authorized)).status).toBe('pending')
    expect((await retrieve(taken)).status).toBe('processing')
    expect((await retrieve(canceled)).status).toBe('canceled')
    expect((await retrieve(refunded)).refunds).toMatchObject([{ status: 'pending' }])

    stripe.garble(null)
    await untilStatus(api, authorized, 'succeeded')
    await untilStatus(api, taken, 'succeeded')
    await until('the authorization is voided', async () =>
      (await attempts(canceled)).some(({ outcome }) => outcome === 'voided'),
    )
    await until('the refund is paid', async () => {
      const { refunds } = await retrieve(refunded)
      return refunds[0].status === 'succeeded'
    })
    expect(moved(authorized)).toEqual(['authorize', 'capture'])
    expect(moved(taken)).toEqual(['authorize', 'capture'])
    expect(moved(canceled)).toEqual(['authorize', 'cancel'])
    expect(moved(refunded)).toEqual(['authorize', 'capture', 'refund'])
    for (const id of [authorized, taken, canceled, refunded]) {
      expect(await told(id)).not.toContain(leaked)
    }
    expect(silent.text).not.toContain(leaked)
    expect(server.log()).not.toContain(leaked)
    expect(server.log()).not.toContain(stripeKey)
  },
)

test('a capture that is answered with another amount is booked with the amount that a look-up reports', async () => {
  const { id } = await createPayment(api)
  stripe.garble({
    path: /capture$/,
    how: (honest) => JSON.stringify({ ...honest, amount_received: 1 }),
  })
  expect((await initiate(id)).status).toBe(200)
  const paid = await untilStatus(api, id, 'succeeded')
  expect(paid).toMatchObject({ captured_amount: 9999, net_amount: 9999 - paid.fee })
  expect((await attempts(id)).map(({ kind }) => kind)).toContain('look_up')
})

test('a capture of more than the payment is never booked', async () => {
  const { id } = await createPayment(api, { amount: 5_000 })
  const isIntent = (body: object) => 'amount_received' in body
  stripe.garble({
    path: /capture$|^GET .*pi_\d+$/,
    how: (honest) =>
      JSON.stringify(isIntent(honest) ? { ...honest, amount_received: 5_001 } : honest),
  })
  expect((await initiate(id)).status).toBe(200)
  await untilAttempt(id, 'look_up', ['unknown'])
  expect((await retrieve(id)).status).toBe('processing')
  stripe.garble(null)
  expect(await untilStatus(api, id, 'succeeded')).toMatchObject({ captured_amount: 5_000 })
})
