import { describe, expect, test } from 'vitest'
import { type Api, apiClient } from '../../support/http/api.ts'
import { untilStatus } from '../../support/payments/paid.ts'
import { withMerchant } from '../../support/servers/merchant.ts'
import { until } from '../../support/until.ts'
import { capture, createAuthorized } from './authorized.ts'

const fixture = withMerchant()

/** A merchant of its own with a fee of 2.9 % and 30, so that its balance is this test's alone. */
async function newMerchant() {
  const schedule = { fee_basis_points: 290, fee_fixed: 30 }
  const { body } = await fixture.api('POST', '/v1/merchants', {
    body: { name: 'A shop', ...schedule },
  })
  const [{ secret_key: key }] = body.api_keys
  const api = apiClient(fixture.servers[0]?.url ?? '', key)
  const balance = async () => (await api('GET', `/v1/merchants/${body.id}/balance`)).body
  return { api, balance }
}

async function createCaptured(api: Api, amount: number) {
  const { id } = await createAuthorized(api)
  expect((await capture(api, id, { amount })).status).toBe(200)
  return await untilStatus(api, id, 'succeeded')
}

/** The balances of the accounts by the entries of one payment, debits less credits, without zeros. */
async function accountsOf(paymentId: string): Promise<Record<string, number>> {
  const rows = await fixture.sql.query<{ account: string; sum: number }>(
    `select account, sum(amount)::integer as sum from ledger_entries where payment_id = $1
     group by account having sum(amount) <> 0`,
    [paymentId],
  )
  return Object.fromEntries(rows.map(({ account, sum }) => [account, sum]))
}

describe('a part that was captured', () => {
  test('is what the fee, the ledger and the balance count', async () => {
    const { api, balance } = await newMerchant()
    const paid = await createCaptured(api, 4_000)
    expect(paid).toMatchObject({ captured_amount: 4_000, fee: 146, net_amount: 3_854 })
    expect(await accountsOf(paid.id)).toEqual({
      processor: 4_000,
      merchant_pending: -3_854,
      fees: -146,
    })
    expect(await balance()).toMatchObject({
      pending: [{ amount: 3_854, currency: 'USD' }],
      fees: [{ amount: 146, currency: 'USD' }],
    })
  })

  test('is all that can be refunded', async () => {
    const { id } = await createCaptured(fixture.api, 4_000)
    const refund = (body?: object) =>
      fixture.api('POST', `/v1/payments/${id}/refund`, body ? { body } : {})
    const tooMuch = await refund({ amount: 4_001 })
    expect(tooMuch.status).toBe(422)
    expect(tooMuch.body.error).toMatchObject({
      code: 'refund_amount_exceeded',
      details: { amount: 9999, refunded_amount: 0, refundable_amount: 4_000 },
    })
    expect((await refund({ amount: 1_000 })).body.status).toBe('partially_refunded')
    expect((await refund({ amount: 3_001 })).status).toBe(422)
    const all = await refund()
    expect(all.body).toMatchObject({ status: 'refunded', refunded_amount: 4_000 })
    expect((await refund({ amount: 1 })).body.error.code).toBe('payment_not_refundable')
    await until('the refunds are paid', async () => {
      const rows = await fixture.sql.query<{ sum: number }>(
        `select coalesce(sum(amount), 0)::integer as sum from sandbox_movements
         where payment_id = $1 and kind = 'refund'`,
        [id],
      )
      return rows[0]?.sum === 4_000
    })
  })

  test('is what a reversal gives back', async () => {
    const { id } = await createCaptured(fixture.api, 4_000)
    const { body } = await fixture.api('POST', `/v1/payments/${id}/reverse`)
    expect(body).toMatchObject({ reversal: 'refunded' })
    const { body: after } = await fixture.api('GET', `/v1/payments/${id}`)
    expect(after).toMatchObject({ status: 'refunded', refunded_amount: 4_000 })
    expect(after.refunds).toMatchObject([{ amount: 4_000 }])
  })

  test('is given back whole by a reversal that came while it was captured', async () => {
    const { id } = await createAuthorized(fixture.api)
    const [, reversed] = await Promise.all([
      capture(fixture.api, id, { amount: 4_000 }),
      fixture.api('POST', `/v1/payments/${id}/reverse`),
    ])
    const end = reversed.body.reversal === 'canceled' ? 'canceled' : 'refunded'
    const payment = await untilStatus(fixture.api, id, end)
    expect(payment.refunded_amount).toBe(payment.captured_amount)
  })

  test('is below its amount in the database, and above its refunds', async () => {
    const { id } = await createCaptured(fixture.api, 4_000)
    for (const change of ['captured_amount = amount + 1', 'refunded_amount = 4001']) {
      const wrong = fixture.sql.query(`update payments set ${change} where id = $1`, [id])
      await expect(wrong).rejects.toThrow(/violates check constraint/)
    }
  })
})
