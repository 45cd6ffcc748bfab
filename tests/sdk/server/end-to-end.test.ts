import { beforeAll, describe, expect, test, vi } from 'vitest'
import {
  AuthenticationError,
  HedgePayments,
  IdempotencyError,
  InvalidRequestError,
  NotFoundError,
  type Payment,
  PaymentNotCancelableError,
  PreconditionFailedError,
} from '../../../packages/node/src/index.ts'
import { type MerchantFixture, withMerchant } from '../../support/servers/merchant.ts'
import { rejection } from '../client/wire.ts'

const fixture = withMerchant()
let server: MerchantFixture['servers'][number]
let hedge: HedgePayments

beforeAll(() => {
  server = fixture.servers[0] ?? expect.fail('no server')
  const { publishableKey, secretKey, url } = server
  hedge = new HedgePayments({ apiKey: publishableKey, apiSecret: secretKey, baseUrl: url })
})

const order = { amount: 9999, currency: 'usd', customer_email: 'customer@example.com' }

describe('a payment', () => {
  test('is created, read and canceled once, and has the events of it', async () => {
    const created = await hedge.payments.create({ ...order, metadata: { order: '17' } })
    expect(created).toMatchObject({ status: 'pending', currency: 'USD', cancelable: true })
    expect(await hedge.payments.retrieve(created.id)).toEqual(created)

    const canceled = await hedge.payments.cancel(created.id, { reason: 'customer_requested' })
    expect(canceled).toMatchObject({
      id: created.id,
      status: 'canceled',
      cancellation_reason: 'customer_requested',
      canceled_at: canceled.updated_at,
      metadata: { order: '17' },
    })

    const again = await rejection(hedge.payments.cancel(created.id))
    expect(again).toBeInstanceOf(PaymentNotCancelableError)
    expect(again).toMatchObject({
      status: 412,
      message: `Payment ${created.id} cannot be canceled. Current status: canceled.`,
      requestId: expect.stringMatching(/^req_/),
      details: {
        payment_id: created.id,
        current_status: 'canceled',
        cancelable_statuses: ['pending', 'initiated'],
      },
    })
    expect(await hedge.payments.ensureCanceled(created.id)).toEqual(canceled)

    const types: string[] = []
    for await (const event of hedge.payments.events(created.id)) types.push(event.type)
    expect(types).toEqual(['payment.canceled', 'payment.created'])
  })

  test('has exactly the fields of its type', async () => {
    const payment = await hedge.payments.create(order)
    expect(Object.keys(payment)).toEqual(
      (
        'id object livemode amount currency status cancelable cancelable_until cancel_window ' +
        'allowed_actions payment_method payment_method_details customer_email customer_id ' +
        'checkout_session_id description ' +
        'statement_descriptor merchant_id metadata refunded_amount fee net_amount refunds ' +
        'failure_code failure_message cancellation_reason canceled_at capture_method ' +
        'captured_amount authorization_expires_at disputed settled settled_at success_url cancel_url url next_action expires_at created_at updated_at'
      ).split(' '),
    )
  })

  test('is canceled by one of many concurrent cancels, and the others get the result', async () => {
    const { id } = await hedge.payments.create(order)
    const answers = await Promise.allSettled(
      Array.from({ length: 40 }, () => hedge.payments.cancel(id)),
    )
    const refused = answers.filter((answer) => answer.status === 'rejected')
    expect(refused).toHaveLength(39)
    for (const { reason } of refused) {
      expect(reason).toBeInstanceOf(PaymentNotCancelableError)
      expect(reason.details.current_status).toBe('canceled')
    }
  })

  test('is not canceled with an old ETag', async () => {
    const created = await hedge.payments.create(order)
    const ifMatch = '"another version"'
    const error = await rejection(hedge.payments.cancel(created.id, {}, { ifMatch }))
    expect(error).toBeInstanceOf(PreconditionFailedError)
    const { response } = await hedge.payments.retrieve(created.id).withResponse()
    const etag = response.headers.get('etag') ?? ''
    expect(error).toMatchObject({ details: { current_etag: etag } })
    const canceled = await hedge.payments.cancel(created.id, {}, { ifMatch: etag })
    expect(canceled.status).toBe('canceled')
  })

  test('is created once for one idempotency key', async () => {
    const idempotencyKey = 'order-once'
    const first = await hedge.payments.create(order, { idempotencyKey })
    const { data, response } = await hedge.payments.create(order, { idempotencyKey }).withResponse()
    expect(data).toEqual(first)
    expect(response.headers.get('idempotent-replayed')).toBe('true')
    const other = hedge.payments.create({ ...order, amount: 1 }, { idempotencyKey })
    expect(await rejection(other)).toBeInstanceOf(IdempotencyError)
  })

  test('is canceled by the key of its create, before and after the create arrives', async () => {
    const early = await hedge.payments.cancelByIdempotencyKey('order-early', { reason: 'lost' })
    expect(early).toMatchObject({ object: 'pending_cancellation', reason: 'lost' })
    const late = await hedge.payments.create(order, { idempotencyKey: 'order-early' })
    expect(late).toMatchObject({ status: 'canceled', cancellation_reason: 'lost' })

    const made = await hedge.payments.create(order, { idempotencyKey: 'order-made' })
    const canceled = await hedge.payments.cancelByIdempotencyKey('order-made')
    expect(canceled).toMatchObject({ object: 'payment', id: made.id, status: 'canceled' })
  })
})

describe('a list', () => {
  test('returns each payment of a filter once, in either direction', async () => {
    const metadata = { 'batch [1]': 'a&b' }
    const made: Payment[] = []
    for (let n = 0; n < 23; n++) made.push(await hedge.payments.create({ ...order, metadata }))
    const ids = made.map((payment) => payment.id)
    const filter = {
      metadata,
      limit: 10,
      status: ['pending', 'initiated'],
      customer_email: order.customer_email,
      created_at: { gte: new Date(Date.now() - 3_600_000), lte: new Date(Date.now() + 60_000) },
    } as const

    const listed: string[] = []
    for await (const payment of hedge.payments.list(filter)) listed.push(payment.id)
    expect(listed).toEqual([...ids].reverse())

    const newer: string[] = []
    const after = { ...filter, ending_before: ids[0] }
    for await (const payment of hedge.payments.list(after)) newer.push(payment.id)
    expect(newer).toEqual(ids.slice(1))

    const before = { ...filter, created_at: { lt: new Date(0) } }
    expect((await hedge.payments.list(before)).data).toEqual([])
  })
})

describe('a bulk cancellation', () => {
  test('counts first, then cancels, with a result for each payment', async () => {
    const customer_id = 'customer-of-many'
    for (let n = 0; n < 5; n++) await hedge.payments.create({ ...order, customer_id })
    const filter = { customer_id, status: 'pending' } as const
    const done = async (id: string) =>
      await vi.waitFor(
        async () => {
          const run = await hedge.cancellations.retrieve(id)
          expect(run.status).toBe('completed')
          return run
        },
        { timeout: 20_000 },
      )

    const trial = await hedge.cancellations.create({ filter, dry_run: true })
    expect(await done(trial.id)).toMatchObject({ dry_run: true, total: 5 })
    expect((await hedge.payments.list({ customer_id, status: 'canceled' })).data).toEqual([])

    const { id } = await hedge.cancellations.create({ filter, reason: 'closing' })
    expect(await done(id)).toMatchObject({ total: 5, processed: 5, canceled: 5, refused: 0 })
    const outcomes: string[] = []
    for await (const result of hedge.cancellations.results(id, { limit: 2 })) {
      outcomes.push(result.outcome)
    }
    expect(outcomes).toEqual(Array(5).fill('canceled'))
  })
})

describe('a refusal', () => {
  test('of an unknown, malformed or foreign id is a NotFoundError', async () => {
    for (const id of ['pay_unknown', 'ключ', 'a/../b', '%00', 'x y?z#']) {
      expect(await rejection(hedge.payments.cancel(id))).toBeInstanceOf(NotFoundError)
    }
  })

  test('of a wrong key is an AuthenticationError', async () => {
    const stranger = new HedgePayments({ apiSecret: 'sk_test_nobody_knows', baseUrl: server.url })
    expect(await rejection(stranger.payments.list())).toBeInstanceOf(AuthenticationError)
  })

  test('of a wrong amount names the field', async () => {
    const error = await rejection(hedge.payments.create({ ...order, amount: 0 }))
    expect(error).toBeInstanceOf(InvalidRequestError)
    expect(error).toMatchObject({ code: 'invalid_amount', details: { field: 'amount' } })
  })
})

describe('a merchant', () => {
  test('is created, changed and read, with valid keys', async () => {
    const made = await hedge.merchants.create({ name: 'A shop' })
    const [testPair] = made.api_keys.filter((pair) => !pair.livemode)
    const own = new HedgePayments({ apiSecret: testPair?.secret_key, baseUrl: server.url })
    await own.merchants.update(made.id, { default_cancel_window: 60 })
    expect(await own.merchants.retrieve(made.id)).toMatchObject({
      name: 'A shop',
      default_cancel_window: 60,
    })
    expect(await rejection(own.merchants.processor.retrieve(made.id))).toBeInstanceOf(NotFoundError)
    expect(await rejection(hedge.merchants.retrieve(made.id))).toBeInstanceOf(NotFoundError)
  })

  test('advances its clock in test mode, and creates a client token for one payment', async () => {
    const before = await hedge.testClock.retrieve()
    const after = await hedge.testClock.advance({ seconds: 60 })
    expect(after.offset_seconds).toBe(before.offset_seconds + 60)
    const { id } = await hedge.payments.create(order)
    const { token } = await hedge.clientTokens.create({ payment_id: id })
    const read = await fetch(`${server.url}/v1/payments/${id}`, {
      headers: { authorization: `Bearer ${token}` },
    })
    expect(await read.json()).toMatchObject({ id, status: 'pending' })
  })
})
