import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { brokenInvariants } from '../../support/databases/invariants.ts'
import { type Api, apiClient, createPayment, paymentBody } from '../../support/http/api.ts'
import { untilStatus } from '../../support/payments/paid.ts'
import { attempts } from '../../support/payments/sandbox.ts'
import { startServer, type TestServer, tell } from '../../support/servers/server.ts'
import { withServers } from '../../support/servers/servers.ts'
import { size } from '../../support/size.ts'
import { until } from '../../support/until.ts'

/** Two servers on one database. The clock of the other one is wrong; the machine's is right. */
const fixture = withServers(1)

let otherServer: TestServer
let other: Api
let keys = 0
const newKey = () => `clock ${++keys}`
const token = { payment_method_token: 'tok_visa' }

beforeAll(async () => {
  otherServer = await startServer({
    databaseUrl: fixture.database.url,
    entry: inject('programs').fittedServer,
  })
  other = apiClient(otherServer.url, otherServer.secretKey)
})

afterAll(() => otherServer?.kill())

const setClock = (seconds: number) => tell(otherServer, { clockAheadMs: seconds * 1000 })

describe.each(size({ quick: [-7_200], all: [-7_200, 7_200] }))(
  'a server whose clock is %d s ahead',
  (seconds) => {
    beforeAll(() => setClock(seconds))

    /** An hour, rounded up to a whole second, by the right clock. */
    function expectAnHour(expiresAt: string, sentMs: number) {
      expect(Date.parse(expiresAt)).toBeGreaterThanOrEqual(sentMs + 3_600_000)
      expect(Date.parse(expiresAt)).toBeLessThanOrEqual(Date.now() + 3_601_000)
    }

    test('creates payments and checkout sessions that can be paid for an hour', async () => {
      const sentMs = Date.now()
      const payment = await createPayment(other)
      expectAnHour(payment.expires_at, sentMs)
      const body = { amount: 500, currency: 'USD', customer_email: 'customer@example.com' }
      const session = (await other('POST', '/v1/checkout/sessions', { body })).body
      expectAnHour(session.expires_at, sentMs)
      for (const api of [other, fixture.api]) {
        const { body } = await api('GET', `/v1/checkout/sessions/${session.id}`)
        expect([body.status, body.payment_status]).toEqual(['open', 'pending'])
        const page = await (await fetch(`${otherServer.url}/pay/api/${session.id}`)).json()
        expect(page).toMatchObject({ stage: 'open' })
      }
      const ofSession = (await other('GET', `/v1/payments/${session.payment_id}`)).body
      expect(ofSession.expires_at).toBe(session.expires_at)
      const answer = await other('POST', `/v1/payments/${payment.id}/initiate`, { body: token })
      expect(answer.status, answer.text).toBe(200)
    })

    test('answers a create with what it has stored, and replays that everywhere', async () => {
      const metadata = { expires_at: 'expires-pay_', created_at: 'created-pay_', id: 'pay_' }
      const request = { body: paymentBody({ metadata }), idempotencyKey: newKey() }
      const first = await other('POST', '/v1/payments', request)
      expect(first.body.metadata).toEqual(metadata)
      for (const api of [fixture.api, other]) {
        expect((await api('POST', '/v1/payments', request)).text).toBe(first.text)
        expect((await api('GET', `/v1/payments/${first.body.id}`)).body).toEqual(first.body)
      }
      const expiresAt = new Date(Date.now() + 86_400_000).toISOString().replace(/\.\d+/, '')
      const given = await createPayment(other, { expires_at: expiresAt })
      expect(given.expires_at).toBe(expiresAt)
    })

    test('has a payment without an undo window captured at once', async () => {
      const { id } = await createPayment(other, { initiate: true, ...token })
      const paid = await untilStatus(fixture.api, id, 'succeeded')
      expect(Date.parse(paid.cancelable_until)).toBeLessThanOrEqual(Date.now())
    })

    test('has the authorization of a canceled payment voided at once', async () => {
      const window = { cancel_window: 3_600, initiate: true, ...token }
      const { id } = await createPayment(other, window)
      expect((await other('POST', `/v1/payments/${id}/cancel`)).status).toBe(200)
      await until('it is voided', async () => (await attempts(other, id)).includes('void voided'))
    })

    test('has an authorization voided at once that came after its payment was canceled', async () => {
      const { id } = await createPayment(other)
      const body = { payment_method_token: 'tok_slow' }
      const submitted = other('POST', `/v1/payments/${id}/initiate`, { body })
      await until('the processor is asked', async () => {
        return (await attempts(fixture.api, id)).length > 0
      })
      expect((await fixture.api('POST', `/v1/payments/${id}/cancel`)).status).toBe(200)
      await submitted
      await until('it is voided', async () => (await attempts(other, id)).includes('void voided'))
    })

    test('asks soon whether a customer has confirmed', async () => {
      const { id } = await createPayment(other)
      const body = { payment_method_token: 'tok_threeDSecureRequired' }
      await other('POST', `/v1/payments/${id}/initiate`, { body })
      const [due] = await fixture.sql.query(
        `select extract(epoch from due_at - now())::float as seconds from payment_tasks
       where payment_id = $1 and kind = 'authorize'`,
        [id],
      )
      expect(due.seconds).toBeGreaterThan(0)
      expect(due.seconds).toBeLessThanOrEqual(15)
    })
  },
)

describe.each(size({ quick: [7_200], all: [-60, 60, 7_200] }))(
  'with clocks %d s apart, two servers agree',
  (seconds) => {
    beforeAll(() => setClock(seconds))

    /** Has an awaited cancel end so many seconds from now. */
    async function endIn(key: string, left: number): Promise<void> {
      const changed = await fixture.sql.query(
        `update idempotency_records set created_at = now() - interval '1 day' + make_interval(secs => $2)
       where key = $1 and outcome = 'awaited' returning key`,
        [key, left],
      )
      expect(changed).toHaveLength(1)
    }

    const cancelByKey = (api: Api, key: string) =>
      api('POST', '/v1/payments/cancel', { body: { idempotency_key: key } })
    const create = (api: Api, key: string) =>
      api('POST', '/v1/payments', { body: paymentBody(), idempotencyKey: key })

    test('when a recorded cancel ends: a day after it, or a second more', async () => {
      for (const api of [fixture.api, other]) {
        const sentMs = Date.now()
        const { body } = await cancelByKey(api, newKey())
        expect(Date.parse(body.expires_at)).toBeGreaterThanOrEqual(sentMs + 86_400_000)
        expect(Date.parse(body.expires_at)).toBeLessThanOrEqual(Date.now() + 86_401_000)
      }
    })

    test('that a recorded cancel applies until then', async () => {
      for (const [recorder, creator] of [
        [fixture.api, other],
        [other, fixture.api],
        [other, other],
      ] as const) {
        const key = newKey()
        expect((await cancelByKey(recorder, key)).status).toBe(202)
        await endIn(key, 30)
        const [again, elsewhere] = [
          await cancelByKey(recorder, key),
          await cancelByKey(creator, key),
        ]
        expect(again.text).toBe(elsewhere.text)
        expect((await create(creator, key)).body.status).toBe('canceled')
      }
    })

    test('that it applies no longer', async () => {
      for (const creator of [fixture.api, other]) {
        const key = newKey()
        await cancelByKey(fixture.api, key)
        await endIn(key, -30)
        expect((await create(creator, key)).body.status).toBe('pending')
      }
      const renewed = newKey()
      await cancelByKey(fixture.api, renewed)
      await endIn(renewed, -30)
      const { body } = await cancelByKey(other, renewed)
      expect(Date.parse(body.expires_at)).toBeGreaterThan(Date.now() + 86_000_000)
      expect((await cancelByKey(fixture.api, renewed)).body).toEqual(body)
    })

    test('and every invariant holds', async () => {
      expect(await brokenInvariants(fixture.sql, { isAtRest: false })).toEqual({})
    })
  },
)
