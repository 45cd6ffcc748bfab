import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startMerchantWithStripe } from '../../processors/stripe/stand-in/server-with-stripe.ts'
import { createPayment } from '../../support/http/api.ts'
import { createPaid, untilStatus } from '../../support/payments/paid.ts'
import { withServers } from '../../support/servers/servers.ts'
import { until } from '../../support/until.ts'
import { runVerify } from './run-verify.ts'

describe('the books of the sandbox', () => {
  const fixture = withServers(1)
  let paid: string
  let canceled: string

  beforeAll(async () => {
    const { api, sql } = fixture
    paid = (await createPaid(api, { amount: 5_000 })).id
    await api('POST', `/v1/payments/${paid}/refund`, { body: { amount: 1_000 } })
    canceled = (await createPayment(api, { cancel_window: 3_600 })).id
    const body = { payment_method_token: 'tok_visa' }
    await api('POST', `/v1/payments/${canceled}/initiate`, { body })
    await api('POST', `/v1/payments/${canceled}/cancel`, { body: {} })
    await until('no call is planned', async () => {
      const rows = await sql.query(`select from payment_tasks where kind in ('void', 'refund')`)
      return rows.length === 0
    })
  })

  const verify = (...options: string[]) =>
    runVerify({ databaseUrl: fixture.database.url }, '--processor', ...options)

  test('agree with those of the deployment', async () => {
    const report = await verify()
    expect(report).toMatchObject({ code: 0, failed: {} })
    expect(report.checks.processor?.found).toMatch(
      /^2 payments looked up since .*: the books agree$/,
    )
    const later = await verify('--since', '2100-01-01')
    expect(later.checks.processor?.found).toMatch(/^0 payments looked up/)
  })

  test.each([
    {
      what: 'a capture of another amount',
      plant: `update sandbox_payments set captured_amount = 4000 where status = 'captured'`,
      undo: `update sandbox_payments set captured_amount = 5000 where status = 'captured'`,
      found: () => `${paid} (5000 captured here, 4000 there)`,
    },
    {
      what: 'a canceled payment that is still authorized',
      plant: `update sandbox_payments set status = 'authorized' where status = 'voided'`,
      undo: `update sandbox_payments set status = 'voided' where status = 'authorized'`,
      found: () => `${canceled} (nothing is open here, authorized there)`,
    },
    {
      what: 'a canceled payment that was captured',
      plant: `update sandbox_payments set status = 'captured', captured_amount = 700,
          captured_at = date_trunc('second', now()) where status = 'voided'`,
      undo: `update sandbox_payments set status = 'voided', captured_at = null, captured_amount = null
        where captured_amount = 700`,
      found: () => `${canceled} (nothing was taken here, 700 there)`,
    },
    {
      what: 'a refund that nobody has sent',
      plant: `insert into sandbox_refunds select merchant_id, 'sbxr_other', payment_id, 'ref_other', 5,
        decided_at from sandbox_refunds`,
      undo: `delete from sandbox_refunds where reference = 'sbxr_other'`,
      found: () => `${paid} (a refund of 5 only there)`,
    },
    {
      what: 'a refund of another amount',
      plant: 'update sandbox_refunds set amount = 999',
      undo: 'update sandbox_refunds set amount = 1000',
      found: () => expect.stringContaining('has 1000 here, 999 there)'),
    },
  ])('differ by $what, which is found', async ({ plant, undo, found }) => {
    await fixture.sql.query(plant)
    const report = await verify()
    await fixture.sql.query(undo)
    expect(report.code).toBe(1)
    expect(Object.keys(report.failed)).toEqual(['processor'])
    expect(report.failed.processor?.replace(/^1 violation: /, '')).toEqual(found())
  })
})

describe('the books of Stripe', () => {
  let started: Awaited<ReturnType<typeof startMerchantWithStripe>>
  beforeAll(async () => {
    started = await startMerchantWithStripe('sk_test_verify')
  })
  afterAll(() => started?.stop())

  test('are read with the credentials of the server', async () => {
    const { api, database, stripe } = started
    const { id } = await createPayment(api)
    const body = { payment_method_token: 'pm_card_visa' }
    expect((await api('POST', `/v1/payments/${id}/initiate`, { body })).status).toBe(200)
    await untilStatus(api, id, 'succeeded')
    const given = {
      databaseUrl: database.url,
      env: {
        HEDGE_STRIPE_API_BASE: stripe.url,
        HEDGE_ENCRYPTION_KEY: 'the key of this test suite, long enough',
      },
    }
    const report = await runVerify(given, '--processor')
    expect(report).toMatchObject({ code: 0, failed: {} })
    expect(report.checks.processor?.found).toMatch(/^1 payment looked up/)
    const without = await runVerify({ databaseUrl: database.url }, '--processor')
    expect(without).toMatchObject({
      code: 1,
      failed: { processor: 'none of 1 payment could be looked up' },
    })
    expect(without.checks.processor_answers).toMatchObject({
      status: 'warn',
      found: `1 payment not looked up: ${id}: processor credentials need HEDGE_ENCRYPTION_KEY`,
    })
  })
})
