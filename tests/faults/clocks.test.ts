import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { brokenInvariants } from '../support/databases/invariants.ts'
import { type Api, apiClient, createPayment } from '../support/http/api.ts'
import { answerChallenge } from '../support/payments/sandbox.ts'
import { startServer, type TestServer, tell } from '../support/servers/server.ts'
import { withServers } from '../support/servers/servers.ts'
import { until } from '../support/until.ts'

const fixture = withServers(1)

let fitted: TestServer
/** Client of the server with the wrong clock: at first ten minutes behind. */
let wrong: Api

beforeAll(async () => {
  fitted = await startServer({
    databaseUrl: fixture.database.url,
    entry: inject('programs').fittedServer,
  })
  await tell(fitted, { clockAheadMs: -600_000 })
  wrong = apiClient(fitted.url, fitted.secretKey)
  await fixture.api('POST', '/v1/test/clock/advance', { body: { seconds: 3_600 } })
})

afterAll(() => fitted?.kill())

describe('a server whose clock is ten minutes behind', () => {
  test.concurrent('keeps undo windows open for as long as its answers say', async () => {
    const { api, sql } = fixture
    const token = { payment_method_token: 'tok_visa' }
    const created = await createPayment(wrong, { cancel_window: 90 })
    const initiate = `/v1/payments/${created.id}/initiate`
    const { body: initiated } = await wrong('POST', initiate, { body: token })
    const atOnce = await createPayment(wrong, { cancel_window: 90, initiate: true, ...token })
    // The worker claims the task that is due first.
    const { id } = await createPayment(api, { cancel_window: 1, initiate: true, ...token })
    await until('a shorter window has ended', async () => {
      const { body } = await api('GET', `/v1/payments/${id}`)
      return body.status === 'succeeded'
    })
    for (const { id, cancelable_until, updated_at } of [initiated, atOnce]) {
      expect(Date.parse(cancelable_until) - Date.parse(updated_at)).toBe(91_000)
      const canceled = await wrong('POST', `/v1/payments/${id}/cancel`)
      expect([canceled.status, canceled.body.status]).toEqual([200, 'canceled'])
    }
    expect(await brokenInvariants(sql, { isAtRest: false })).toEqual({})
  })

  test.concurrent('selects for a bulk cancel exactly the payments that were created before, by either clock', async () => {
    const { api } = fixture
    const customer = { customer_id: 'bulk' }
    const there = [
      await createPayment(api, customer),
      await createPayment(wrong, customer),
      await createPayment(api, customer),
    ]
    const other = await createPayment(api)
    const { body: accepted } = await wrong('POST', '/v1/cancellations', {
      body: { filter: customer },
    })
    const later = [await createPayment(wrong, customer), await createPayment(api, customer)]
    const done = await until('the cancellation is done', async () => {
      const { body } = await api('GET', `/v1/cancellations/${accepted.id}`)
      return body.status === 'completed' && body
    })
    expect(done).toMatchObject({ total: 3, processed: 3, canceled: 3, refused: 0, not_found: 0 })
    const statusOf = async ({ id }: { id: string }) =>
      (await api('GET', `/v1/payments/${id}`)).body.status
    for (const payment of there) expect(await statusOf(payment)).toBe('canceled')
    for (const payment of [other, ...later]) expect(await statusOf(payment)).toBe('pending')
  })

  test.concurrent('never writes times that run backwards within a payment', async () => {
    const { api, sql } = fixture
    const token = { payment_method_token: 'tok_visa' }
    const window = { cancel_window: 3_600, initiate: true, ...token }
    const canceled = await createPayment(api, window)
    const reversed = await createPayment(api, window)
    const declined = await createPayment(api)
    const challenged = await createPayment(api)
    const bulk = await createPayment(api, { ...window, customer_id: 'backwards' })
    const paid = await createPayment(api, { initiate: true, ...token })
    await until('it is paid', async () => {
      return (await api('GET', `/v1/payments/${paid.id}`)).body.status === 'succeeded'
    })
    const post = (id: string, what: string, body: object = {}) =>
      wrong('POST', `/v1/payments/${id}/${what}`, { body })
    const steps = [
      await post(canceled.id, 'cancel'),
      await post(reversed.id, 'reverse'),
      await post(declined.id, 'initiate', { payment_method_token: 'tok_chargeDeclined' }),
      await post(challenged.id, 'initiate', { payment_method_token: 'tok_threeDSecureRequired' }),
      await post(paid.id, 'refund', { amount: 1 }),
      await post(paid.id, 'reverse'),
    ]
    for (const step of steps) expect(step.status, step.text).toBe(200)
    await wrong('POST', '/v1/cancellations', { body: { filter: { customer_id: 'backwards' } } })
    await until('the bulk cancel is done', async () => {
      return (await api('GET', `/v1/payments/${bulk.id}`)).body.status === 'canceled'
    })
    for (const { body } of steps) {
      expect(Date.parse(body.updated_at)).toBeGreaterThanOrEqual(Date.parse(body.created_at))
    }
    expect(await brokenInvariants(sql, { isAtRest: false })).toEqual({})
  })
})

describe('a server whose clock is a minute ahead', () => {
  beforeAll(async () => {
    // This server is alone, so it does all background work.
    await Promise.all(fixture.servers.map((server) => server.stop()))
    await tell(fitted, { clockAheadMs: 60_000 })
  })

  test.concurrent('does not expire checkout sessions early or cancel their payments', async () => {
    const { sql } = fixture
    const create = async () => {
      const body = { amount: 500, currency: 'USD', customer_email: 'customer@example.com' }
      const session = (await wrong('POST', '/v1/checkout/sessions', { body })).body.id
      const payment = (await createPayment(wrong)).id
      return { session, payment }
    }
    const open = await create()
    const over = await create()
    const expires = async ({ session, payment }: typeof open, when: string) => {
      const [{ at }] = await sql.query(
        `select now() + make_interval(secs => offset_seconds) + $1::interval as at from test_clocks`,
        [when],
      )
      await sql.query(
        `update checkout_sessions set payment_id = $2, tries = 1, due_at = $3::timestamptz,
           expires_at = $3::timestamptz
         where id = $1`,
        [session, payment, at],
      )
    }
    await expires(open, '45 s')
    await expires(over, '0 s')
    const statusOf = async (id: string) =>
      (await sql.query('select status from checkout_sessions where id = $1', [id]))[0]?.status
    await until('the session that is over has ended', async () => {
      return (await statusOf(over.session)) === 'expired'
    })
    expect(await statusOf(open.session)).toBe('open')
    const [payment] = await sql.query('select status from payments where id = $1', [open.payment])
    expect(payment.status).toBe('pending')
  })

  test.concurrent('does not abandon a call that another server has just begun', async () => {
    const { sql } = fixture
    const { id } = await createPayment(wrong)
    await sql.query(
      `insert into payment_attempts (merchant_id, livemode, payment_id, number, kind, processor,
         processor_key, actor_type, started_at, began_at)
       select merchant_id, livemode, id, n, 'look_up', 'sandbox', 'a clock behind', 'system',
         now() - interval '60 s', now() - make_interval(secs => case when n = 2 then 60 else 0 end)
       from payments cross join generate_series(1, 2) n where id = $1`,
      [id],
    )
    const outcome = async (number: number) =>
      (
        await sql.query(
          'select outcome from payment_attempts where payment_id = $1 and number = $2',
          [id, number],
        )
      )[0].outcome
    await until('the old call has an end', async () => (await outcome(2)) === 'unknown')
    expect(await outcome(1)).toBeNull()
  })

  test.concurrent('moves a look-up forward when a message arrives', async () => {
    const { sql } = fixture
    const { id } = await createPayment(wrong)
    const token = { payment_method_token: 'tok_threeDSecureRequired' }
    const { body } = await wrong('POST', `/v1/payments/${id}/initiate`, { body: token })
    await answerChallenge(body.next_action.url, 'confirm')
    const due = await until('a look-up is planned', async () => {
      const [row] = await sql.query(
        `select extract(epoch from t.due_at - now())::float
           - coalesce((select offset_seconds from test_clocks), 0) as seconds
         from payment_tasks t where payment_id = $1 and kind = 'authorize'`,
        [id],
      )
      const { status } = (await wrong('GET', `/v1/payments/${id}`)).body
      return status === 'succeeded' ? { seconds: 0 } : row?.seconds < 10 && row
    })
    expect(due.seconds).toBeLessThan(10)
  })
})
