import { expect, test } from 'vitest'
import { checkPages } from '../../../packages/server/src/verification/invariants/check-pages.ts'
import { estimatePayments } from '../../../packages/server/src/verification/pages/page.sql.ts'
import { type Runner, runnerBy } from '../../../packages/server/src/verification/pages/runner.ts'
import { findTotalDifferences } from '../../../packages/server/src/verification/totals/totals.ts'
import { clusterUrl } from '../../support/databases/cluster.ts'
import { insertPayments, withoutGuards } from '../../support/databases/sql.ts'
import { createPaid } from '../../support/payments/paid.ts'
import { createMerchant, withServers } from '../../support/servers/servers.ts'

const fixture = withServers(1)

/** Runs statements. Those that `isSlow` names reach the time limit. Counts them. */
function slowRunner(isSlow: (text: string, values: unknown[]) => boolean) {
  const counted = { slow: 0 }
  const query: Runner['query'] = async (text, values) => {
    if (!isSlow(text, values)) return await fixture.sql.query(text, values)
    counted.slow++
    throw Object.assign(new Error('canceling statement'), { code: '57014' })
  }
  const runner = runnerBy(query, clusterUrl !== undefined)
  return { runner, counted }
}

const isLarger = (max: number) => (_: string, values: unknown[]) =>
  values.some((value) => typeof value === 'number' && value > max)

test('pages that take too long are checked as smaller ones, and each payment once', async () => {
  const { id: merchantId } = await createMerchant(fixture)
  const owner = { merchant_id: merchantId, livemode: false }
  const ids = await insertPayments(fixture.sql, { owner, count: 1_203 })
  const faulty = [0, 124, 125, 1_202].map((n) => ids[n])
  await withoutGuards(
    fixture.sql,
    `update payments set updated_at = '2020-01-01T00:00:00Z'
     where id = any('{${faulty.join()}}')`,
  )
  const { runner, counted } = slowRunner(isLarger(130))
  const found: string[] = []
  let pages = 0
  for await (const { violations } of checkPages(runner, merchantId)) {
    pages++
    found.push(...violations.flatMap(({ rows }) => rows.map(({ id }) => id)))
  }
  expect(found).toEqual(faulty)
  // In a cluster, each mode has pages of its own.
  expect(pages).toBe(clusterUrl ? 11 : 10)
  // The way down from 2,000, or 250 in a cluster, and one attempt to grow.
  expect(counted.slow).toBe(clusterUrl ? 2 : 5)
})

test('sums that take too long are added up in smaller parts', async () => {
  for (let n = 0; n < 3; n++) await createPaid(fixture.api, {})
  const { runner, counted } = slowRunner(isLarger(1))
  const differences: unknown[] = []
  for await (const difference of findTotalDifferences(runner, fixture.owner.merchant_id)) {
    differences.push(difference)
  }
  expect(differences).toEqual([])
  expect(counted.slow).toBeGreaterThan(0)
})

test('payments that take too long to count are estimated', async () => {
  const { runner, counted } = slowRunner((text) => text.includes('count(*)'))
  expect(await estimatePayments(runner, fixture.owner.merchant_id)).toBeGreaterThanOrEqual(0)
  expect(counted.slow).toBe(1)
})
