import { beforeAll, describe, expect, test } from 'vitest'
import { testTokens } from '../../../packages/server/src/processors/sandbox/tokens/tokens.ts'
import { lockRows } from '../../support/databases/sql.ts'
import { type Api, createPayment, paymentBody } from '../../support/http/api.ts'
import { eventTypes, untilStatus } from '../../support/payments/paid.ts'
import { withMerchant } from '../../support/servers/merchant.ts'
import { createLiveMerchant } from '../../support/servers/servers.ts'
import { until } from '../../support/until.ts'

const fixture = withMerchant()
let api: Api

beforeAll(() => {
  api = fixture.api
})

async function initiate(token: string, more: Record<string, unknown> = {}) {
  const payment = await createPayment(api, more)
  return await api('POST', `/v1/payments/${payment.id}/initiate`, {
    body: { payment_method_token: token },
  })
}

describe('initiate', () => {
  test('an authorized payment is initiated, and then processes and succeeds by itself', async () => {
    const { status, body } = await initiate('tok_visa')
    expect(status).toBe(200)
    expect(body).toMatchObject({ status: 'initiated', next_action: null })
    expect(body.cancelable_until).toBe(body.updated_at)
    const done = await untilStatus(api, body.id, 'succeeded')
    expect(done).toMatchObject({ amount: 9999, fee: 320, net_amount: 9679 })
    expect(await eventTypes(api, body.id)).toEqual([
      'payment.created',
      'payment.initiated',
      'payment.processing',
      'payment.succeeded',
    ])
    const attempts = (await api('GET', `/v1/payments/${body.id}/attempts`)).body.data
    expect(attempts.map((a: { kind: string; outcome: string }) => [a.kind, a.outcome])).toEqual([
      ['capture', 'captured'],
      ['authorize', 'authorized'],
    ])
  })

  test.each(testTokens.filter((entry) => entry.declined !== undefined))(
    '$token is declined: the payment fails with the code and a message',
    async ({ token, declined }) => {
      const { status, body } = await initiate(token)
      expect(status).toBe(200)
      expect(body).toMatchObject({ status: 'failed', failure_code: declined })
      expect(body.failure_message).toEqual(expect.stringMatching(/\w\.$/))
      expect(await eventTypes(api, body.id)).toEqual([
        'payment.created',
        'payment.initiated',
        'payment.failed',
      ])
    },
  )

  test('a decline of the capture fails the payment from processing', async () => {
    const { body } = await initiate('011401533:1111222233331111', { payment_method: 'ach' })
    expect(body.status).toBe('initiated')
    const failed = await untilStatus(api, body.id, 'failed')
    expect(failed.failure_code).toBe('insufficient_funds')
    expect(await eventTypes(api, body.id)).toEqual([
      'payment.created',
      'payment.initiated',
      'payment.processing',
      'payment.failed',
      'ach.returned',
    ])
  })

  test('during the undo window the payment stays initiated, and a cancel succeeds', async () => {
    const { body } = await initiate('tok_visa', { cancel_window: 3600 })
    expect(Date.parse(body.cancelable_until) - Date.parse(body.updated_at)).toBe(3_601_000)
    const canceled = await api('POST', `/v1/payments/${body.id}/cancel`)
    expect(canceled.status).toBe(200)
    await until('the authorization is voided', async () => {
      const attempts = (await api('GET', `/v1/payments/${body.id}/attempts`)).body.data
      return attempts[0].kind === 'void' && attempts[0].outcome === 'voided'
    })
  })

  test('an initiated payment is refused with its status', async () => {
    const { body: payment } = await initiate('tok_visa', { cancel_window: 3600 })
    const { status, body } = await api('POST', `/v1/payments/${payment.id}/initiate`, {
      body: { payment_method_token: 'tok_visa' },
    })
    expect(status).toBe(412)
    expect(body.error).toEqual({
      code: 'payment_not_initiable',
      message: `Payment ${payment.id} cannot be initiated. Current status: initiated.`,
      details: {
        payment_id: payment.id,
        current_status: 'initiated',
        initiable_statuses: ['pending'],
      },
    })
  })

  test('a request without a token is refused', async () => {
    const payment = await createPayment(api)
    const { status, body } = await api('POST', `/v1/payments/${payment.id}/initiate`)
    expect(status).toBe(400)
    expect(body.error.details.field).toBe('payment_method_token')
  })

  test('a repeated request with the same key is carried out once and gets the same answer', async () => {
    const payment = await createPayment(api, { cancel_window: 3600 })
    const request = { body: { payment_method_token: 'tok_visa' }, idempotencyKey: 'initiate once' }
    const path = `/v1/payments/${payment.id}/initiate`
    const first = await api('POST', path, request)
    const second = await api('POST', path, request)
    expect(first.status).toBe(200)
    expect(second.text).toBe(first.text)
    expect(second.headers.get('idempotent-replayed')).toBe('true')
    const other = { ...request, body: { payment_method_token: 'tok_jcb' } }
    expect((await api('POST', path, other)).body.error.code).toBe('idempotency_key_reused')
  })

  test('an initiated payment is refused at once, even if its row is locked', async () => {
    const { body: payment } = await initiate('tok_visa', { cancel_window: 3600 })
    const holder = await fixture.sql.connect()
    try {
      await holder.query('begin')
      await lockRows(holder, [payment.id])
      const { status } = await api('POST', `/v1/payments/${payment.id}/initiate`, {
        body: { payment_method_token: 'tok_visa' },
        idempotencyKey: 'refused at once',
      })
      expect(status).toBe(412)
    } finally {
      await holder.query('rollback')
      holder.release()
    }
  })

  test('of many concurrent requests one initiates the payment, and the others see the result', async () => {
    const payment = await createPayment(api, { cancel_window: 3600 })
    const answers = await Promise.all(
      Array.from({ length: 8 }, () =>
        api('POST', `/v1/payments/${payment.id}/initiate`, {
          body: { payment_method_token: 'tok_visa' },
        }),
      ),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    for (const { status, body } of answers) {
      if (status !== 200) expect(body.error.details.current_status).toBe('initiated')
    }
    const { body } = await api('GET', `/v1/payments/${payment.id}/attempts`)
    expect(body.data).toHaveLength(1)
  })

  test('the number of a test card is accepted in place of its token, and any other number is refused', async () => {
    const { body } = await initiate('4000 0000 0000 0002')
    expect(body.failure_code).toBe('card_declined')
    const real = await createPayment(api)
    const refused = await api('POST', `/v1/payments/${real.id}/initiate`, {
      body: { payment_method_token: '4539 1488 0343 6467' },
    })
    expect(refused.status).toBe(400)
    expect(refused.text).not.toContain('6467')
  })
})

describe('create with initiate', () => {
  test('creates and initiates in one request, once per key', async () => {
    const request = {
      body: paymentBody({ initiate: true, payment_method_token: 'tok_visa', cancel_window: 3600 }),
      idempotencyKey: 'create and initiate',
    }
    const first = await api('POST', '/v1/payments', request)
    expect(first.status).toBe(201)
    expect(first.body.status).toBe('initiated')
    const second = await api('POST', '/v1/payments', request)
    expect(second.text).toBe(first.text)
    expect(await eventTypes(api, first.body.id)).toEqual(['payment.created', 'payment.initiated'])
  })

  test('a decline creates a failed payment', async () => {
    const { status, body } = await api('POST', '/v1/payments', {
      body: paymentBody({ initiate: true, payment_method_token: 'tok_chargeDeclined' }),
    })
    expect(status).toBe(201)
    expect(body).toMatchObject({ status: 'failed', failure_code: 'card_declined' })
  })

  test('nothing is created without a token', async () => {
    const { status } = await api('POST', '/v1/payments', { body: paymentBody({ initiate: true }) })
    expect(status).toBe(400)
  })

  test('a token given at create is used by a later initiate', async () => {
    const payment = await createPayment(api, {
      payment_method_token: 'tok_visa',
      cancel_window: 3600,
    })
    const { body } = await api('POST', `/v1/payments/${payment.id}/initiate`)
    expect(body.status).toBe('initiated')
  })
})

describe('live mode', () => {
  test('an initiate is refused if no processor is configured', async () => {
    const { live } = await createLiveMerchant(fixture)
    const payment = await createPayment(live)
    const path = `/v1/payments/${payment.id}/initiate`
    const body = { payment_method_token: 'tok_visa' }
    const { status, body: refused } = await live('POST', path, { body })
    expect(status).toBe(502)
    expect(refused.error.code).toBe('processor_unavailable')
    expect((await live('GET', `/v1/payments/${payment.id}`)).body.status).toBe('pending')
    const number = await live('POST', path, { body: { payment_method_token: '4242424242424242' } })
    expect(number.status).toBe(400)
    expect(number.text).not.toContain('4242')
  })
})
