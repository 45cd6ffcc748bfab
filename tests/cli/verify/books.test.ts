import { describe, expect, test } from 'vitest'
import { insertPayments, withoutGuards } from '../../support/databases/sql.ts'
import { createPayment } from '../../support/http/api.ts'
import { createPaid, untilStatus } from '../../support/payments/paid.ts'
import { createMerchant, withServers } from '../../support/servers/servers.ts'
import { until } from '../../support/until.ts'
import { hedge } from '../hedge.ts'
import { runVerify } from './run-verify.ts'
import { sealHistory } from './seal-history.ts'

const fixture = withServers(1)
const databaseUrl = () => fixture.database.url
const verify = (...options: string[]) => runVerify({ databaseUrl: databaseUrl() }, ...options)

/** Creates a payment that was paid and refunded in part. */
async function createRefunded(): Promise<string> {
  const { id } = await createPaid(fixture.api, { amount: 5_000 })
  const refund = await fixture.api('POST', `/v1/payments/${id}/refund`, { body: { amount: 1_000 } })
  expect(refund.status, refund.text).toBe(200)
  await until('the refund is paid', async () => {
    const { body } = await fixture.api('GET', `/v1/payments/${id}`)
    return body.refunds?.[0]?.status === 'succeeded'
  })
  return id
}

test('the books of a deployment are verified while its server works', async () => {
  await createRefunded()
  let isVerified = false
  const working = (async () => {
    while (!isVerified) {
      const { id } = await createPayment(fixture.api)
      await fixture.api('POST', `/v1/payments/${id}/cancel`, { body: {} })
      await createPaid(fixture.api, {})
    }
  })()
  const report = await verify()
  isVerified = true
  await working
  expect(report).toMatchObject({ code: 0, ok: true, failed: {}, stderr: '' })
  expect(report.checks.payments?.found).toMatch(/^\d+ payments? checked$/)
  expect(report.checks.events_numbered).toEqual({
    name: 'events_numbered',
    status: 'ok',
    found: 'the events of a payment are numbered without gaps, up to its version',
    expected: null,
    action: null,
  })
})

/** Each plants a fault of one payment, and undoes it. */
const faults: readonly {
  check: string
  plant: (id: string) => string
  undo: (id: string) => string
}[] = [
  {
    check: 'steps_connected',
    plant: (id) =>
      `update events set to_status = 'canceled' where subject_id = '${id}' and sequence = 2`,
    undo: (id) =>
      `update events set to_status = 'initiated' where subject_id = '${id}' and sequence = 2`,
  },
  {
    check: 'refunded_amounts',
    plant: (id) => `update payments set refunded_amount = 2000 where id = '${id}'`,
    undo: (id) => `update payments set refunded_amount = 1000 where id = '${id}'`,
  },
  {
    check: 'ledger_of_payments',
    plant: (id) =>
      `update ledger_transfers set amount = amount + 1 where payment_id = '${id}' and kind = 'capture'`,
    undo: (id) =>
      `update ledger_transfers set amount = amount - 1 where payment_id = '${id}' and kind = 'capture'`,
  },
  {
    check: 'disputed_payments',
    plant: (id) => `update payments set disputed = true where id = '${id}'`,
    undo: (id) => `update payments set disputed = false where id = '${id}'`,
  },
]

describe('a change by hand is found, with the payment', () => {
  test.each(faults)('$check', async ({ check, plant, undo }) => {
    const id = await createRefunded()
    await sealHistory(fixture)
    await withoutGuards(fixture.sql, plant(id))
    const report = await verify()
    await withoutGuards(fixture.sql, undo(id))
    expect(report).toMatchObject({ code: 1, ok: false })
    expect(report.failed[check]).toBe(`1 violation: ${id}`)
    expect(report.checks[check]?.expected).toMatch(/\w/)
    expect(report.checks[check]?.action).toMatch(/\w/)
    const { code, failed } = await verify()
    expect({ code, failed }).toEqual({ code: 0, failed: {} })
  })
})

test('a task that is missing is found, and the report for people names the payment', async () => {
  const { id } = await createPayment(fixture.api)
  await fixture.sql.query('delete from payment_tasks where payment_id = $1', [id])
  const { code, stdout } = await hedge(['verify', '--database', databaseUrl()])
  expect(code).toBe(1)
  expect(stdout).toContain(`fail  tasks_of_open_payments        1 violation: ${id}`)
  expect(stdout).toContain('expected: an open payment has a task for its next step')
  expect(stdout).toMatch(/ok {4}times_ordered/)
  await fixture.api('POST', `/v1/payments/${id}/cancel`, { body: {} })
  await untilStatus(fixture.api, id, 'canceled')
})

test('a merchant that does not exist is refused', async () => {
  const args = ['verify', '--database', databaseUrl(), '--merchant', 'merch_none']
  const { code, stdout, stderr } = await hedge(args)
  expect({ code, stdout }).toEqual({ code: 4, stdout: '' })
  expect(stderr).toContain('no merchant merch_none')
})

test('an error at the end loses no report', async () => {
  await fixture.sql.query('alter table seals rename to seals_elsewhere')
  const report = await verify().finally(() =>
    fixture.sql.query('alter table seals_elsewhere rename to seals'),
  )
  expect(report).toMatchObject({ code: 1, ok: false, failed: {} })
  expect(report.stderr).toContain('seals')
  expect(report.checks).toMatchObject({ payments: { status: 'ok' }, plots_refunded: {} })
  expect(report.checks.seals).toBeUndefined()
})

test('wrong settings of the processor show before the books are read', async () => {
  const args = ['verify', '--database', databaseUrl(), '--processor']
  const { code, stdout } = await hedge(args, { HEDGE_ENCRYPTION_KEY: 'short' })
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
})

test('a changed balance is found, with its merchant', async () => {
  await createRefunded()
  const account = 'merchant_available'
  await until('the payment is counted', async () => {
    const [row] = await fixture.sql.query(
      `select position >= (select max(position) from events) as counted from stats_progress`,
    )
    return row.counted
  })
  await fixture.sql.query(
    `update ledger_balances set balance = balance + 7 where account = 'processor'`,
  )
  const { code, failed } = await verify()
  await fixture.sql.query(
    `update ledger_balances set balance = balance - 7 where account = 'processor'`,
  )
  expect(code, account).toBe(1)
  expect(Object.keys(failed).sort()).toEqual(['kept_balances', 'ledger_zero'])
  expect(failed.ledger_zero).toContain(`${fixture.owner.merchant_id} test, all accounts in USD`)
})

test('every page of payments is checked, and --merchant checks one merchant only', async () => {
  const other = await createMerchant(fixture)
  const owner = { merchant_id: other.id, livemode: false }
  const ids = await insertPayments(fixture.sql, { owner, count: 4_100 })
  const faulty = [0, 1_999, 2_000, 4_099].map((n) => ids[n])
  await withoutGuards(
    fixture.sql,
    `update payments set updated_at = '2020-01-01T00:00:00Z'
     where id = any('{${faulty.join()}}')`,
  )
  const report = await verify('--merchant', other.id)
  expect(report.checks.payments?.found).toBe('4,100 payments checked')
  expect(report.failed).toEqual({ times_ordered: `4 violations: ${faulty.join(', ')}` })
  expect((await verify()).failed.times_ordered).toBe(report.failed.times_ordered)
  const { code, failed } = await verify('--merchant', fixture.owner.merchant_id)
  expect({ code, failed }).toEqual({ code: 0, failed: {} })
  await withoutGuards(fixture.sql, 'update payments set updated_at = created_at where true')
})
