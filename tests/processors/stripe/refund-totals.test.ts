import { afterAll, expect, test } from 'vitest'
import { brokenInvariants } from '../../support/databases/invariants.ts'
import { createPaid } from '../../support/payments/paid.ts'
import { isLongRun, size } from '../../support/size.ts'
import { until } from '../../support/until.ts'
import { withMerchantAtStripe } from './stand-in/server-with-stripe.ts'

// A refund that fails, at once or days later, counts in no total: not in the payment, the balance, the
// ledger, the plots or the lists of the dashboard.

const fixture = withMerchantAtStripe()

afterAll(async () => {
  expect(await brokenInvariants(fixture.sql, { isAtRest: false })).toEqual({})
})

const retrieve = async (id: string) => (await fixture.api('GET', `/v1/payments/${id}`)).body
const notify = (id: string) => fixture.started.notify(id, 'refund')

/** The refunded amount of a payment, as its events and the list of payments show it, too. */
async function refundedOf(id: string): Promise<number[]> {
  const events = await fixture.api('GET', `/v1/payments/${id}/events`)
  const list = await fixture.api('GET', '/v1/payments')
  const listed = list.body.data.find((payment: { id: string }) => payment.id === id)
  return [await retrieve(id), events.body.data[0].data, listed].map(
    (payment) => payment.refunded_amount,
  )
}

async function balance() {
  const { merchant_id: merchant } = (await fixture.api('GET', '/v1/payments')).body.data[0]
  const { body } = await fixture.api('GET', `/v1/merchants/${merchant}/balance`)
  return body.pending
}

let cookie: string | undefined

async function signedIn(): Promise<string> {
  const { url, secretKey } = fixture.started.server
  if (cookie !== undefined) return cookie
  const response = await fetch(`${url}/dashboard/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' },
    body: JSON.stringify({ secret_key: secretKey }),
  })
  cookie = response.headers.get('set-cookie')?.split(';')[0] ?? ''
  return cookie
}

/** Waits until the plots show a sum of refunds, for every range. */
async function untilPlotted(minor: number) {
  for (const range of size({ quick: ['quarter'], all: ['day', 'quarter'] })) {
    await until(`the plots of a ${range} show ${minor}`, async () => {
      const { url } = fixture.started.server
      const headers = { cookie: await signedIn(), 'sec-fetch-site': 'same-origin' }
      const response = await fetch(`${url}/dashboard/api/stats?range=${range}`, { headers })
      const stats = await response.json()
      const steps: number[] = stats.refunded.USD ?? []
      expect(Math.min(0, ...steps)).toBe(0)
      return stats.behind_since === null && steps.reduce((sum, one) => sum + one, 0) === minor
    })
  }
}

const statuses = async (id: string) =>
  (await retrieve(id)).refunds.map(({ status }: { status: string }) => status).join()

test('a refund that fails days later leaves every total, also one that a person has made', async () => {
  const { id } = await createPaid(fixture.api, { token: 'pm_card_visa', amount: 5_000 })
  const before = await balance()
  await fixture.api('POST', `/v1/payments/${id}/refund`, { body: { amount: 700 } })
  await until('ours is paid', async () => (await statuses(id)) === 'succeeded')
  fixture.stripe.refundByHand(id, 300)
  await notify(id)
  await until('both are paid', async () => (await statuses(id)) === 'succeeded,succeeded')
  await untilPlotted(1_000)

  fixture.stripe.failRefunds(id, { byHand: true })
  await notify(id)
  await until('one has failed', async () => (await statuses(id)) === 'succeeded,failed')
  if (isLongRun) await untilPlotted(700)
  expect(await refundedOf(id)).toEqual([700, 700, 700])

  fixture.stripe.failRefunds(id)
  await notify(id)
  await until('both have failed', async () => (await statuses(id)) === 'failed,failed')
  await untilPlotted(0)
  expect(await refundedOf(id)).toEqual([0, 0, 0])
  expect(await retrieve(id)).toMatchObject({ status: 'succeeded', net_amount: 4_825 })
  expect(await balance()).toEqual(before)
})

test('a refund that fails at once never enters a total', async () => {
  const { id } = await createPaid(fixture.api, { token: 'pm_card_refundFail', amount: 5_000 })
  const before = await balance()
  await fixture.api('POST', `/v1/payments/${id}/reverse`)
  await until('it has failed', async () => (await statuses(id)) === 'failed')
  expect(await refundedOf(id)).toEqual([0, 0, 0])
  expect(await balance()).toEqual(before)
  await untilPlotted(0)
})
