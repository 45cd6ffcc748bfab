import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { createPayment } from '../../../support/http/api.ts'
import { isLongRun, size } from '../../../support/size.ts'
import { expectAccessible, expectAccessibleInLongRun } from '../../accessible.ts'
import { standInScript } from './stand-in-script.ts'
import {
  payWith,
  publishableKey,
  type ServeScript,
  untilPaid,
  withStripePages,
} from './stripe-page.ts'

const pages = withStripePages()
const { merchant, createSession, open } = pages

const good = '4242424242424242'
const declinedCard = '4000000000000002'
const needsBank = '4000000000003220'

const read = async (id: string) => (await merchant.api('GET', `/v1/payments/${id}`)).body
const sessionOf = async (id: string) =>
  (await merchant.api('GET', `/v1/checkout/sessions/${id}`)).body
const fieldsOf = (page: Page) => page.frameLocator('iframe').getByLabel('Card number')

describe('a payment with the fields of Stripe', () => {
  test('is paid; amount and currency are the server’s, and no number reaches the server', async () => {
    const session = await createSession()
    const page = await open(session.url)
    const sent: string[] = []
    page.on('request', (request) => {
      if (request.url().startsWith(merchant.started.server.url)) {
        sent.push(`${request.url()} ${request.postData() ?? ''}`)
      }
    })
    await fieldsOf(page).waitFor()
    const given = await page.evaluate(
      () => (window as unknown as { givenToStripe: Record<string, unknown> }).givenToStripe,
    )
    expect(given).toMatchObject({
      key: publishableKey,
      amount: 2_500,
      currency: 'usd',
      locale: 'en',
      allowedPaymentMethodTypes: ['card'],
    })
    await payWith(page, good)
    await untilPaid(page)
    expect(await sessionOf(session.id)).toMatchObject({ status: 'complete' })
    expect(sent.some((each) => each.includes('"token":"pm_card_visa"'))).toBe(true)
    expect(sent.join('\n')).not.toMatch(/4242|12 \/ 40/)
  })

  test('waits for complete fields, and sends nothing before', async () => {
    const payment = await createPayment(merchant.api)
    const page = await open(payment.url)
    await fieldsOf(page).waitFor()
    await expectAccessible(page, 'with fields of Stripe', {
      foreignFrames: 1,
      withContrast: isLongRun,
    })
    await payWith(page, '4242')
    await page.frameLocator('iframe').getByText('Your card number is incomplete.').waitFor()
    // Stripe's own refusal of a number is shown as Stripe writes it.
    await payWith(page, '4111111111111112')
    await page.getByRole('alert').filter({ hasText: 'Your card number is invalid.' }).waitFor()
    expect((await read(payment.id)).status).toBe('pending')
  })

  test('can be tried again on the payment’s own page after a decline, as a new payment', async () => {
    const payment = await createPayment(merchant.api, { metadata: { order: '7' } })
    const page = await open(payment.url)
    await fieldsOf(page).waitFor()
    await payWith(page, declinedCard)
    await page.getByRole('alert').filter({ hasText: 'The bank declined this payment.' }).waitFor()
    await payWith(page, good)
    await untilPaid(page)
    expect((await read(payment.id)).status).toBe('failed')
    const { body: list } = await merchant.api('GET', '/v1/payments?metadata[order]=7')
    const [retry, first] = list.data
    expect([retry.url, first.id]).toEqual([payment.url, payment.id])
    expect(retry.status).toMatch(/initiated|processing|succeeded/)
  })
})

describe('3-D Secure', () => {
  test('goes to the bank and returns; the result is shown at once, without the secret in the address', async () => {
    const session = await createSession()
    const page = await open(session.url)
    await fieldsOf(page).waitFor()
    await payWith(page, needsBank)
    await page.getByRole('link', { name: 'Approve' }).click()
    await untilPaid(page)
    expect(page.url()).toBe(session.url)
  })

  test('that the bank refuses is a decline, and another card can be tried', async () => {
    const session = await createSession()
    const page = await open(session.url)
    await fieldsOf(page).waitFor()
    await payWith(page, needsBank)
    await page.getByRole('link', { name: 'Refuse' }).click()
    await page.getByText('could not confirm that it is you').waitFor()
    await fieldsOf(page).waitFor()
    await payWith(page, good)
    await untilPaid(page)
  })

  test('can be left: the customer pays in another way', async () => {
    const session = await createSession()
    const page = await open(session.url)
    await fieldsOf(page).waitFor()
    await payWith(page, needsBank)
    await page.getByRole('link', { name: 'Approve' }).waitFor()
    await page.goto(session.url)
    await page.getByRole('link', { name: 'Go to your bank' }).waitFor()
    await expectAccessibleInLongRun(page, 'before the bank')
    await page.getByRole('button', { name: 'Pay in another way' }).click()
    await fieldsOf(page).waitFor()
    await payWith(page, good)
    await untilPaid(page)
  })
})

describe('the script of Stripe', () => {
  const failures: readonly [string, ServeScript][] = [
    ['is blocked', (route) => route.abort('blockedbyclient')],
    ['reports an error', (_, serve) => serve(standInScript.replace('.html', '.html#broken'))],
    ['is an error page', (route) => route.fulfill({ status: 503, body: '' })],
    ['is another script', (_, serve) => serve('void 0')],
  ]

  const tried = size({ quick: failures.slice(0, 2), all: failures })

  test.each(tried)('that %s: the page says so, and a reload tries again', async (_, fail) => {
    let isBroken = true
    const payment = await createPayment(merchant.api)
    const serveScript: ServeScript = (route, serve) => (isBroken ? fail(route, serve) : serve())
    const page = await open(payment.url, { serveScript })
    await page.getByRole('alert').filter({ hasText: 'could not be loaded' }).waitFor()
    expect(await page.getByRole('button', { name: /^Pay / }).count()).toBe(0)
    await expectAccessibleInLongRun(page, 'without the script')
    isBroken = false
    await page.getByRole('button', { name: 'Load this page again' }).click()
    await fieldsOf(page).waitFor()
    await payWith(page, good)
    await untilPaid(page)
    // Chromium itself logs requests without a good answer.
    const own = pages
      .takeProblems()
      .filter((problem) => !problem.includes('Failed to load resource'))
    expect(own).toEqual([])
  })

  test('that is slow: the page says so after some seconds, and goes on when it arrives', async () => {
    const { promise: arrives, resolve: arrive } = Promise.withResolvers<void>()
    const payment = await createPayment(merchant.api)
    const serveScript: ServeScript = async (_, serve) => {
      await arrives
      await serve()
    }
    const page = await open('about:blank', { serveScript })
    await page.clock.install()
    await page.goto(payment.url)
    await page.getByText('Loading the secure fields of Stripe').waitFor()
    await page.clock.fastForward(10_000)
    await page.getByText('take longer than usual').waitFor()
    await expectAccessible(page, 'while it is slow')
    arrive()
    await fieldsOf(page).waitFor()
    await payWith(page, good)
    await untilPaid(page)
  })
})
