import { expect, test } from 'vitest'
import { createPaid } from '../../support/payments/paid.ts'
import { advance } from '../../support/payments/sandbox.ts'
import { until } from '../../support/until.ts'
import { withMerchantAtStripe } from './stand-in/server-with-stripe.ts'

// The searches for disputes and refunds whose messages were lost. A search that cannot end must not go on
// without an alarm.

const fixture = withMerchantAtStripe()
const path = /GET .*refunds$/

/** The length in seconds of each search for refunds so far, with its overlap. */
function spans(): number[] {
  return fixture.stripe
    .queriesTo(path)
    .filter((query) => query.has('created[gte]'))
    .map((query) => Number(query.get('created[lte]')) - Number(query.get('created[gte]')))
}

async function makeDue(): Promise<void> {
  await fixture.sql.query(
    "update processor_sweeps set due_at = now() - interval '1 second' where subject = 'refunds'",
  )
}

async function lagSeconds(): Promise<number> {
  const response = await fetch(`${fixture.started.server.url}/metrics`)
  const found = /^hedge_processor_search_lag_seconds\{subject="refunds"\} (.+)$/m.exec(
    await response.text(),
  )
  return Number(found?.[1] ?? Number.NaN)
}

test('a search that fails shows in the metrics, and covers half the time until it ends', async () => {
  await createPaid(fixture.api, { token: 'pm_card_visa' })
  await advance(fixture.api, 86_400)
  await until('the first searches have ended', async () => {
    // A search that ends before its start is followed by another one at once.
    const rows = await fixture.sql.query(
      `select from processor_sweeps
       where since > now() - interval '1 hour' and tries = 0 and due_at > now() + interval '10 minutes'`,
    )
    return rows.length === 2
  })
  expect(await lagSeconds()).toBeLessThan(3_600)
  await fixture.sql.query(
    "update processor_sweeps set since = now() - interval '12 hours' where subject = 'refunds'",
  )
  const before = spans().length
  for (let failures = 1; failures <= 3; failures++) {
    fixture.stripe.failNext(path, 403, { message: 'The key may not list refunds.' })
    await makeDue()
    await until(`search ${failures} is made`, () => spans().length === before + failures)
  }
  await until('it shows', async () => (await lagSeconds()) >= 12 * 3_600)
  await makeDue()
  await until('it shows that it is over', async () => (await lagSeconds()) < 3_600)
  const hours = spans()
    .slice(before)
    .map((seconds) => seconds / 3_600 - 1)
  expect(hours.slice(0, 5)).toEqual([6, 3, 1.5, 0.75, 6])
})
