import type { Route } from 'playwright-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { createPayment } from '../../support/http/api.ts'
import { createLiveMerchant } from '../../support/servers/servers.ts'
import { isLongRun, size } from '../../support/size.ts'
import { expectAccessible, expectAccessibleInLongRun } from '../accessible.ts'
import { withBrowser } from '../with-browser.ts'
import { buildPaymentPage, openLink } from './payment-page.ts'

const fixture = withBrowser()

beforeAll(() => buildPaymentPage())

/** Opens a link while `answer` answers the API requests of the page. */
async function openAgainst(link: string, answer: (route: Route) => Promise<void>) {
  const watched = await openLink(fixture.browser, 'about:blank', {
    servers: [new URL(link).origin],
  })
  await watched.page.route('**/pay/api/**', answer)
  await watched.page.goto(link)
  return watched
}

/** Chromium itself logs a request without an answer, which is no error of the page. */
const unexpected = (problems: readonly string[]) =>
  problems.filter((problem) => !problem.startsWith('console: Failed to load resource: net::'))

describe('before the first answer', () => {
  test.each(size<'light' | 'dark'>({ quick: ['dark'], all: ['light', 'dark'] }))(
    'the page shows that it loads, in %s colours',
    async (colorScheme) => {
      const payment = await createPayment(fixture.api)
      let answer: () => void = () => undefined
      const answered = new Promise<void>((resolve) => {
        answer = resolve
      })
      const { page, problems, close } = await openAgainst(payment.url, async (route) => {
        await answered
        await route.continue()
      })
      await page.emulateMedia({ colorScheme })
      await page.getByText('Loading the payment').waitFor()
      await expectAccessible(page, 'while it loads', { withContrast: isLongRun })
      answer()
      await page.getByLabel('Card number').waitFor()
      await close()
      expect(problems).toEqual([])
    },
  )

  test.runIf(isLongRun)(
    'an unreachable server is tried again until it answers, without a click',
    async () => {
      const payment = await createPayment(fixture.api)
      let isDown = true
      const { page, problems, close } = await openAgainst(payment.url, async (route) => {
        if (isDown) await route.abort('connectionrefused')
        else await route.continue()
      })
      await page.getByRole('heading', { name: 'The payment could not be loaded' }).waitFor()
      await expectAccessible(page)
      isDown = false
      await page.getByLabel('Card number').waitFor()
      await close()
      expect(unexpected(problems)).toEqual([])
    },
  )

  test('a payment whose answer is lost is not shown as paid, and can be repeated', async () => {
    const payment = await createPayment(fixture.api)
    let isDown = true
    const { page, problems, close } = await openAgainst(payment.url, async (route) => {
      if (isDown && route.request().method() === 'POST') await route.abort('connectionreset')
      else await route.continue()
    })
    await page.getByLabel('Card number').fill('4242424242424242')
    await page.getByLabel('Expiry').fill('1240')
    await page.getByLabel('Security code').fill('123')
    await page.getByRole('button', { name: /^Pay / }).click()
    await page.getByText('you will not be charged twice').waitFor()
    await expectAccessibleInLongRun(page)
    isDown = false
    await page.getByRole('button', { name: /^Pay / }).click()
    await page.getByRole('heading', { name: /Thank you|Paid/ }).waitFor()
    await page.getByText('You can close this page.').waitFor()
    await close()
    expect(unexpected(problems)).toEqual([])
  })
})

describe('in live mode', () => {
  const languages = [
    ['de-DE', 'Nicht auf dieser Seite', /^Zurück zu/],
    ['en-US', 'Not on this page', /^Back to/],
  ] as const

  test.each(size({ quick: languages.slice(1), all: languages }))(
    'the page has no card field and explains where to pay: %s',
    async (locale, title, back) => {
      const { live } = await createLiveMerchant(fixture, 'Northwind Books')
      const { body } = await live('POST', '/v1/checkout/sessions', {
        body: { amount: 2_500, currency: 'USD', cancel_url: 'https://shop.example.com/cart' },
      })
      const { page, problems, close } = await openLink(fixture.browser, body.url, { locale })
      await page.getByRole('heading', { name: title }).waitFor()
      expect(await page.getByText(/Test mode|Testmodus/).count()).toBe(0)
      expect(await page.locator('input').count()).toBe(0)
      const link = page.getByRole('link', { name: back }).last()
      await expect
        .poll(() => link.getAttribute('href'))
        .toBe(`https://shop.example.com/cart?session_id=${body.id}`)
      await expectAccessible(page, 'in live mode', { withContrast: isLongRun })
      await close()
      expect(problems).toEqual([])
    },
  )
})

test.runIf(isLongRun)('a session that the merchant expires is shown as expired', async () => {
  const { api } = fixture
  const { body: session } = await api('POST', '/v1/checkout/sessions', {
    body: { amount: 2_500, currency: 'USD' },
  })
  const { page, problems, close } = await openLink(fixture.browser, session.url)
  await page.getByLabel('Card number').waitFor()
  await api('POST', `/v1/checkout/sessions/${session.id}/expire`)
  await page.getByRole('heading', { name: 'Expired' }).waitFor()
  await close()
  expect(problems).toEqual([])
})
