import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TestDatabase } from '../../support/databases/postgres.ts'
import { query } from '../../support/databases/postgres-server.ts'
import { type Api, apiClient, createPayment } from '../../support/http/api.ts'
import { createPaid, eventTypes, untilStatus } from '../../support/payments/paid.ts'
import { advance, attempts } from '../../support/payments/sandbox.ts'
import { makeLiveKey } from '../../support/servers/live-key.ts'
import {
  createMigratedDatabase,
  startServer,
  type TestServer,
} from '../../support/servers/server.ts'
import { size } from '../../support/size.ts'
import { until } from '../../support/until.ts'

let database: TestDatabase
let server: TestServer
let first: Api

beforeAll(async () => {
  database = await createMigratedDatabase()
  server = await startServer({
    databaseUrl: database.url,
    env: { HEDGE_FEE_BASIS_POINTS: '100', HEDGE_FEE_FIXED: '7' },
  })
  first = apiClient(server.url, server.secretKey)
})

afterAll(async () => {
  await server?.stop()
  await database?.drop()
})

/** A new merchant with the server's schedule of fees, so that no other test changes its balance. */
async function newMerchant(more: object = { fee_basis_points: 290, fee_fixed: 30 }) {
  const { body } = await first('POST', '/v1/merchants', { body: { name: 'A shop', ...more } })
  const key = body.api_keys.find((one: { livemode: boolean }) => !one.livemode)
  const api = apiClient(server.url, key.secret_key)
  const balance = async () => (await api('GET', `/v1/merchants/${body.id}/balance`)).body
  return { id: body.id as string, api, balance }
}

const usd = (amount: number) => [{ amount, currency: 'USD' }]

async function sumOf(merchantId: string): Promise<unknown[]> {
  return await query(
    database.url,
    `select coalesce(sum(amount), 0)::integer from ledger_entries where merchant_id = '${merchantId}'`,
  )
}

/** The balances of the accounts from the transfers of one payment, debits minus credits, without zeros. */
async function accountsOf(paymentId: string): Promise<unknown[]> {
  return await query(
    database.url,
    `select account || ' ' || sum(amount) from ledger_entries where payment_id = '${paymentId}'
     group by account having sum(amount) <> 0 order by account`,
  )
}

describe('a fee', () => {
  test('is charged when a payment succeeds, by the schedule of the merchant', async () => {
    const { api, balance } = await newMerchant()
    const payment = await createPaid(api)
    expect(payment).toMatchObject({ amount: 9999, fee: 320, net_amount: 9679, settled: false })
    expect(await balance()).toMatchObject({
      object: 'balance',
      livemode: false,
      available: [],
      pending: usd(9679),
      fees: usd(320),
    })
  })

  test('uses the schedule of the server, if the merchant has none of its own', async () => {
    const { id, api } = await newMerchant({})
    expect(await createPaid(api)).toMatchObject({ fee: 107, net_amount: 9892 })
    const path = `/v1/merchants/${id}`
    await api('PATCH', path, { body: { fee_basis_points: 0, fee_fixed: 1 } })
    expect(await createPaid(api)).toMatchObject({ fee: 1 })
    await api('PATCH', path, { body: { fee_fixed: null } })
    expect((await api('GET', path)).body).toMatchObject({ fee_basis_points: 0, fee_fixed: null })
    expect(await createPaid(api)).toMatchObject({ fee: 7 })
  })

  test('is at most the amount, and absent before the payment succeeds', async () => {
    const { api } = await newMerchant()
    expect(await createPayment(api)).toMatchObject({ fee: null, net_amount: null })
    expect(await createPaid(api, { amount: 12, currency: 'KRW' })).toMatchObject({
      fee: 12,
      net_amount: 0,
    })
  })
})

describe('a settlement', () => {
  test('is recorded when the processor reports it, with an event, and makes the money available', async () => {
    const { api, balance } = await newMerchant()
    const { id } = await createPaid(api)
    await api('POST', `/v1/payments/${id}/refund`, { body: { amount: 1000 } })
    expect(await balance()).toMatchObject({ available: [], pending: usd(8679) })
    await api('POST', '/v1/test/clock/advance', { body: { seconds: 8 * 86_400 } })
    const settled = await until('the payment is settled', async () => {
      const { body } = await api('GET', `/v1/payments/${id}`)
      return body.settled && body
    })
    expect(settled.settled_at).not.toBeNull()
    expect(await eventTypes(api, id)).toContain('payment.settled')
    expect(await balance()).toMatchObject({ available: usd(8679), pending: usd(0) })

    await api('POST', `/v1/payments/${id}/refund`)
    await untilStatus(api, id, 'refunded')
    expect(await balance()).toMatchObject({ available: usd(-320), pending: usd(0), fees: usd(320) })
  })

  test('has the date of the processor, and is absent before the processor reports it', async () => {
    const { api, balance } = await newMerchant()
    const { id } = await createPaid(api)
    await advance(api, 86_400 + 60)
    await until('the processor was called, and the next call is scheduled', async () => {
      const asked = `select t.kind from payment_tasks t where t.payment_id = '${id}'
        and t.kind = 'settle' and t.leased_until is null and exists (
          select from payment_attempts a where a.merchant_id = t.merchant_id
            and a.livemode = t.livemode and a.payment_id = t.payment_id and a.kind = 'look_up' and a.ended_at is not null)`
      return (await query(database.url, asked)).length > 0
    })
    expect(await attempts(api, id)).toContain('look_up captured')
    expect((await api('GET', `/v1/payments/${id}`)).body).toMatchObject({ settled_at: null })
    expect(await balance()).toMatchObject({ available: [], pending: usd(9679) })
    await advance(api, 7 * 86_400)
    const settled = await until('the payment is settled', async () => {
      const { body } = await api('GET', `/v1/payments/${id}`)
      return body.settled && body
    })
    const [capturedAt] = await query(
      database.url,
      `select extract(epoch from captured_at)::float from sandbox_payments
       where payment_id = '${id}'`,
    )
    const settledSeconds = Date.parse(settled.settled_at) / 1000
    expect(settledSeconds - (capturedAt as number)).toBe(2 * 86_400)
  })

  test('of a payment already refunded in full leaves the fee owed', async () => {
    const { api, balance } = await newMerchant()
    const { id } = await createPaid(api)
    await api('POST', `/v1/payments/${id}/refund`)
    expect(await balance()).toMatchObject({ available: [], pending: usd(-320) })
    await advance(api, 8 * 86_400)
    await until(
      'the payment is settled',
      async () => (await api('GET', `/v1/payments/${id}`)).body.settled,
    )
    expect(await balance()).toMatchObject({ available: usd(-320), pending: usd(0) })
  })

  test('of an amount of zero changes no balance', async () => {
    const { api, balance } = await newMerchant({ fee_basis_points: 0, fee_fixed: 0 })
    const { id } = await createPaid(api)
    await api('POST', `/v1/payments/${id}/refund`)
    await advance(api, 8 * 86_400)
    await until(
      'the payment is settled',
      async () => (await api('GET', `/v1/payments/${id}`)).body.settled,
    )
    expect(await balance()).toMatchObject({ available: [], pending: usd(0) })
  })
})

describe('the ledger', () => {
  test("subtracts a paid refund from the processor's account, and leaves nothing owed", async () => {
    const { api } = await newMerchant()
    const { id } = await createPaid(api)
    await api('POST', `/v1/payments/${id}/refund`, { body: { amount: 1000 } })
    await until('the refund is paid', async () => {
      const { body } = await api('GET', `/v1/payments/${id}`)
      return body.refunds[0].status === 'succeeded'
    })
    expect(await accountsOf(id)).toEqual(['fees -320', 'merchant_pending -8679', 'processor 8999'])
  })

  test('returns a failed refund to the account from which it came', async () => {
    const { api, balance } = await newMerchant()
    const { id } = await createPaid(api, { token: 'tok_refundDeclined' })
    const before = await accountsOf(id)
    await api('POST', `/v1/payments/${id}/refund`)
    await until('the refund has failed', async () => {
      const { body } = await api('GET', `/v1/payments/${id}`)
      return body.refunds[0].status === 'failed'
    })
    expect(await balance()).toMatchObject({ pending: usd(9679) })
    expect(await accountsOf(id)).toEqual(before)
  })

  test('sums to zero by payment, by currency and in total, whatever has happened', async () => {
    const { id, api, balance } = await newMerchant()
    const amounts = size({ quick: [1, 33, 99_999_999], all: [1, 2, 33, 50, 9999, 99_999_999] })
    // The won has no minimum.
    const currencyOf = (amount: number) => (amount < 50 ? 'KRW' : 'USD')
    await Promise.all(
      amounts.map((amount) => createPaid(api, { amount, currency: currencyOf(amount) })),
    )
    const yen = await createPaid(api, { amount: 5000, currency: 'jpy' })
    await api('POST', `/v1/payments/${yen.id}/refund`, { body: { amount: 1 } })
    expect(await sumOf(id)).toEqual([0])
    const odd = await query(
      database.url,
      `select payment_id from ledger_entries group by payment_id, event_sequence, currency
       having sum(amount) <> 0`,
    )
    expect(odd).toEqual([])
    const { pending } = await balance()
    expect(pending.map((one: { currency: string }) => one.currency)).toEqual(['JPY', 'KRW', 'USD'])
    expect(pending[0].amount).toBe(5000 - 175 - 1)
  })

  test('has transfers that cannot be changed or deleted, and posts a capture once', async () => {
    const { id, api } = await newMerchant()
    await createPaid(api)
    const mine = `where merchant_id = '${id}'`
    for (const statement of [
      `update ledger_transfers set amount = 1 ${mine}`,
      `delete from ledger_transfers ${mine}`,
      'truncate ledger_transfers',
    ]) {
      await expect(query(database.url, statement)).rejects.toThrow(/append-only/)
    }
    const again = `insert into ledger_transfers
      select merchant_id, livemode, payment_id, event_sequence + 1, kind, debit_account,
        credit_account, amount, currency, created_at
      from ledger_transfers ${mine} and kind = 'capture'`
    await expect(query(database.url, again)).rejects.toThrow(/ledger_once/)
  })

  test('is visible to its merchant and mode only', async () => {
    const one = await newMerchant()
    const other = await newMerchant()
    await createPaid(one.api)
    expect(await other.balance()).toMatchObject({ available: [], pending: [], fees: [] })
    expect((await other.api('GET', `/v1/merchants/${one.id}/balance`)).status).toBe(404)
    const live = apiClient(server.url, await makeLiveKey(database.url, one.id))
    const { body } = await live('GET', `/v1/merchants/${one.id}/balance`)
    expect(body).toMatchObject({ livemode: true, available: [], pending: [], fees: [] })
  })
})
