import { beforeAll, describe, expect, test } from 'vitest'
import type { Sql } from '../../support/databases/sql.ts'
import { type Api, createPayment, paymentBody } from '../../support/http/api.ts'
import { eventTypes, untilStatus } from '../../support/payments/paid.ts'
import { advance, attempts, initiate, movements } from '../../support/payments/sandbox.ts'
import { withMerchant } from '../../support/servers/merchant.ts'
import { createMerchant } from '../../support/servers/servers.ts'
import { size } from '../../support/size.ts'
import { until } from '../../support/until.ts'

const fixture = withMerchant()
let api: Api
let books: Sql

beforeAll(() => {
  api = fixture.api
  books = fixture.sql
})

// Most tests wait for pauses, so they run concurrently. Each has its own merchant and test clock.
describe.concurrent('with a fault of the processor,', () => {
  // The longest test is first, because five tests run at a time.
  test('calls to an unavailable processor are retried after growing pauses', async () => {
    const { test: api } = await createMerchant(fixture)
    const { id } = await createPayment(api)
    const body = { payment_method_token: 'tok_downMinute' }
    expect((await api('POST', `/v1/payments/${id}/initiate`, { body })).status).toBe(502)
    const looksMin = size({ quick: 3, all: 5 })
    // The worker makes the look-ups. It waits 1, 2, 4, 8 seconds, plus up to half of that.
    const looks = await until('the processor was called often enough', async () => {
      const { data } = (await api('GET', `/v1/payments/${id}/attempts?limit=100`)).body
      const found = data.filter((one: { kind: string }) => one.kind === 'look_up')
      return found.length >= looksMin && found.reverse()
    })
    const atSeconds = looks.map((one: { started_at: string }) => Date.parse(one.started_at) / 1000)
    const pauses = atSeconds.slice(1).map((at: number, n: number) => at - atSeconds[n])
    // Times are whole seconds, so a pause may seem a second shorter.
    for (const [n, pause] of pauses.slice(0, 4).entries()) {
      expect(pause, pauses.join()).toBeGreaterThanOrEqual(2 ** n - 1)
    }
  })

  test('an authorization whose answer is lost is requested again, and authorizes once', async () => {
    const { test: api } = await createMerchant(fixture)
    const { status, body } = await initiate(api, 'tok_lostAuthorizeAnswer')
    expect(status).toBe(200)
    expect(body.status).toBe('initiated')
    await untilStatus(api, body.id, 'succeeded')
    expect(await movements(books, body.id)).toEqual(['authorize', 'capture'])
    expect(await attempts(api, body.id)).toEqual([
      'authorize unknown',
      'authorize authorized',
      'capture captured',
    ])
  })

  test('a capture whose answer is lost is looked up, and captures the money once', async () => {
    const { test: api } = await createMerchant(fixture)
    for (const token of ['tok_lostCaptureAnswer', 'tok_duplicateCapture']) {
      const { body } = await initiate(api, token)
      await untilStatus(api, body.id, 'succeeded')
      expect(await movements(books, body.id)).toEqual(['authorize', 'capture'])
      expect(await attempts(api, body.id)).toEqual([
        'authorize authorized',
        'capture unknown',
        'look_up captured',
      ])
    }
  })

  test('a call answered with 500 twice is retried until it succeeds', async () => {
    const { test: api } = await createMerchant(fixture)
    const { status, body } = await initiate(api, 'tok_errorTwice')
    expect(status).toBe(200)
    await untilStatus(api, body.id, 'succeeded')
    expect(await movements(books, body.id)).toEqual(['authorize', 'capture'])
  })

  test('a payment stays pending while the processor is unavailable, and continues by itself', async () => {
    const { test: api } = await createMerchant(fixture)
    const payment = await createPayment(api)
    const path = `/v1/payments/${payment.id}/initiate`
    const request = {
      body: { payment_method_token: 'tok_downMinute' },
      idempotencyKey: 'while it is down',
    }
    const first = await api('POST', path, request)
    expect(first.status).toBe(502)
    expect(first.body.error.code).toBe('processor_unavailable')
    expect((await api('GET', `/v1/payments/${payment.id}`)).body.status).toBe('pending')
    await advance(api, 61)
    await untilStatus(api, payment.id, 'succeeded')
    expect(await movements(books, payment.id)).toEqual(['authorize', 'capture'])
    const retried = await api('POST', path, request)
    expect(retried.status).toBe(200)
    expect(retried.body.id).toBe(payment.id)
  })

  test('a token whose outcome is unknown is not replaced by another token', async () => {
    const { test: api } = await createMerchant(fixture)
    const payment = await createPayment(api)
    const submit = (token: string) =>
      api('POST', `/v1/payments/${payment.id}/initiate`, { body: { payment_method_token: token } })
    expect((await submit('tok_downMinute')).status).toBe(502)
    expect((await submit('tok_chargeDeclined')).status).toBe(502)
    await advance(api, 61)
    await untilStatus(api, payment.id, 'succeeded')
    expect(await movements(books, payment.id)).toEqual(['authorize', 'capture'])
  })

  test('a cancel while the processor is unavailable succeeds, and nothing is ever authorized', async () => {
    const { test: api } = await createMerchant(fixture)
    const { status } = await initiate(api, 'tok_downMinute')
    expect(status).toBe(502)
    const list = await api('GET', '/v1/payments?limit=1')
    const { id } = list.body.data[0]
    expect((await api('POST', `/v1/payments/${id}/cancel`)).status).toBe(200)
    await until('the void is done', async () => (await attempts(api, id)).includes('void voided'))
    await advance(api, 61)
    expect((await api('GET', `/v1/payments/${id}`)).body.status).toBe('canceled')
    expect(await movements(books, id)).toEqual([])
  })

  test('a cancel during the call to the processor succeeds, and no authorization remains', async () => {
    const { test: api } = await createMerchant(fixture)
    const payment = await createPayment(api)
    const path = `/v1/payments/${payment.id}/initiate`
    const initiating = api('POST', path, { body: { payment_method_token: 'tok_slow' } })
    await until('the processor is called', async () =>
      (await attempts(api, payment.id)).includes('authorize null'),
    )
    const canceled = await api('POST', `/v1/payments/${payment.id}/cancel`)
    expect(canceled.status).toBe(200)
    const answered = await initiating
    expect(answered.status).toBe(412)
    expect(answered.body.error.details.current_status).toBe('canceled')
    await until('no void is pending', async () => {
      const rows = await books.query(
        `select from payment_tasks where payment_id = $1 and kind in ('void', 'authorize')`,
        [payment.id],
      )
      return rows.length === 0
    })
    const moved = await movements(books, payment.id)
    expect(moved.filter((kind) => kind === 'authorize')).toHaveLength(
      moved.filter((kind) => kind === 'void').length,
    )
    expect((await api('GET', `/v1/payments/${payment.id}`)).body).toEqual(canceled.body)
  })

  test('a cancel by key during the initiate of its create succeeds', async () => {
    const { test: api } = await createMerchant(fixture)
    const creating = api('POST', '/v1/payments', {
      body: paymentBody({ initiate: true, payment_method_token: 'tok_slow' }),
      idempotencyKey: 'canceled on the way',
    })
    const canceled = await until('the payment exists', async () => {
      const body = { idempotency_key: 'canceled on the way' }
      const rows = await books.query(
        `select from idempotency_records where key = 'canceled on the way'`,
      )
      return rows.length > 0 && (await api('POST', '/v1/payments/cancel', { body }))
    })
    expect(canceled.status).toBe(200)
    const created = await creating
    expect(created.status).toBe(201)
    expect(created.body).toEqual(canceled.body)
  })

  test('money captured after a cancel is refunded automatically, and the timeline shows it', async () => {
    const { test: api } = await createMerchant(fixture)
    const { body } = await initiate(api, 'tok_capturedByHand', { cancel_window: 3600 })
    const canceled = await api('POST', `/v1/payments/${body.id}/cancel`, {
      idempotencyKey: 'captured by hand',
    })
    expect(canceled.status).toBe(200)
    await until('the money is refunded', async () =>
      (await eventTypes(api, body.id)).includes('payment.late_capture_refunded'),
    )
    expect(await movements(books, body.id)).toEqual(['authorize', 'capture', 'refund'])
    expect((await api('GET', `/v1/payments/${body.id}`)).body).toEqual(canceled.body)
    const { body: events } = await api('GET', `/v1/payments/${body.id}/events`)
    expect(events.data[0]).toMatchObject({
      type: 'payment.late_capture_refunded',
      actor: { type: 'processor', id: 'sandbox' },
      reason: 'captured_after_cancel',
      data: { status: 'canceled', updated_at: canceled.body.updated_at },
    })
    const replayed = await api('POST', `/v1/payments/${body.id}/cancel`, {
      idempotencyKey: 'captured by hand',
    })
    expect(replayed.text).toBe(canceled.text)
  })
})

test('a bank debit that the bank returns has its own event, after the failure', async () => {
  const { body } = await initiate(api, 'tok_achAccountClosed', { payment_method: 'ach' })
  const failed = await untilStatus(api, body.id, 'failed')
  expect(failed.failure_code).toBe('account_closed')
  expect(await eventTypes(api, body.id)).toEqual([
    'payment.created',
    'payment.initiated',
    'payment.processing',
    'payment.failed',
    'ach.returned',
  ])
  const [returned] = (await api('GET', `/v1/payments/${body.id}/events?limit=1`)).body.data
  expect(returned).toMatchObject({ type: 'ach.returned', sequence: 5, reason: 'account_closed' })
  expect(returned.data).toMatchObject({ status: 'failed', failure_code: 'account_closed' })
})
