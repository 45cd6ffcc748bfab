import { join } from 'node:path'
import { currencies } from '@hedgepayments/contract'
import { beforeAll, describe, expect, test } from 'vitest'
import { isoDecimals, sample } from '../support/locales/iso-4217.ts'
import { createInAnyCurrency } from '../support/payments/any-currency.ts'
import { untilStatus } from '../support/payments/paid.ts'
import { isLongRun, size } from '../support/size.ts'
import { until } from '../support/until.ts'
import { signIn } from './dashboard/dashboard.ts'
import { buildPaymentPage, openLink } from './payment-page/payment-page.ts'
import { withBrowser } from './with-browser.ts'

const fixture = withBrowser()
/** A script that makes every currency of the browser have one decimal. */
const foreignCldr = { path: join(import.meta.dirname, '../support/locales/foreign-cldr.js') }
const created = new Map<string, { id: string; url: string }>()

async function create(wanted: Iterable<string>): Promise<[currency: string, id: string][]> {
  const given = { amount: sample.minor, currencies: wanted }
  return [...(await createInAnyCurrency(fixture, given))]
}

beforeAll(async () => {
  buildPaymentPage()
  for (const [currency, id] of await create(currencies)) {
    created.set(currency, { id, url: `${fixture.server.url}/pay/${id}` })
  }
})

/** Currencies for which CLDR and ISO 4217 differ, and one of each other kind. All would take half a minute. */
const few = ['HUF', 'IDR', 'PKR', 'IQD', 'UYW', 'USD', 'JPY', 'KWD', 'CLF']

const environments = [
  { name: 'this browser', isForeign: false },
  { name: 'a browser with other decimals', isForeign: true },
]

/** Amounts in the notation of the browser's language. */
const typedAmounts = [
  ['HUF', 'en-US', '5000', 500_000],
  ['HUF', 'hu-HU', '5 000,00', 500_000],
  ['IDR', 'en-US', '5,000.00', 500_000],
  ['PKR', 'de-DE', '5.000', 500_000],
  ['JPY', 'ja-JP', '5,000', 5_000],
  ['KWD', 'en-US', '5.010', 5_010],
  ['CLF', 'en-US', '5.0001', 50_001],
] as const

describe.each(environments)('in $name', ({ isForeign }) => {
  test(`the hosted page shows the amount of ${isForeign && isLongRun ? 'every' : 'a'} currency`, async () => {
    const { page, close, problems } = await openLink(fixture.browser, created.get('HUF')?.url ?? '')
    if (isForeign) await page.addInitScript(foreignCldr)
    for (const currency of isForeign && isLongRun ? created.keys() : few) {
      await page.goto(created.get(currency)?.url ?? '')
      const pay = page.getByRole('button', { name: /^Pay / })
      await pay.waitFor()
      const number = /[\d.,]+/.exec((await pay.textContent()) ?? '')?.[0]
      expect(number, currency).toBe(sample.written(currency))
    }
    expect(problems).toEqual([])
    await close()
  })

  test('the dashboard lists the amount of every currency', async () => {
    const visitor = await signIn(fixture.browser, fixture.server, {
      viewport: { width: 1280, height: 12_000 },
    })
    const { page } = visitor
    if (isForeign) await page.addInitScript(foreignCldr)
    await visitor.open('/payments')
    const shown = () =>
      page.locator('.row-link').evaluateAll((links) =>
        links.map((link) => ({
          id: (link as HTMLAnchorElement).href.split('/').at(-1),
          text: link.textContent ?? '',
        })),
      )
    await until('every payment is drawn', async () => (await shown()).length >= created.size)
    const texts = new Map((await shown()).map(({ id, text }) => [id, text]))
    for (const [currency, { id }] of created) {
      const number = /[\d.,]+/.exec(texts.get(id) ?? '')?.[0]
      expect(number, currency).toBe(sample.written(currency))
    }
    visitor.expectClean()
    await visitor.close()
  })

  test.each(
    isForeign && !isLongRun
      ? typedAmounts.slice(0, 2)
      : size({ quick: typedAmounts.slice(4), all: typedAmounts }),
  )('a refund in %s, typed in the locale %s as %s, has that amount', async (...row) => {
    const [currency, locale, typed, minor] = row
    const [[, id] = ['', '']] = await create([currency])
    await fixture.api('POST', `/v1/payments/${id}/initiate`, {
      body: { payment_method_token: 'tok_visa' },
    })
    await untilStatus(fixture.api, id, 'succeeded')
    const visitor = await signIn(fixture.browser, fixture.server, { locale })
    const { page } = visitor
    if (isForeign) await page.addInitScript(foreignCldr)
    await visitor.open(`/payments/${id}`)
    await page.getByRole('button', { name: 'Refund' }).click()
    const amount = page.getByLabel(`Amount in ${currency}`)
    const digits = async () => (await amount.inputValue()).replaceAll(/\D/g, '')
    await expect.poll(digits).toBe(String(sample.minor))
    // The page refuses more decimals than the currency has.
    await amount.fill(`1.${'1'.repeat(isoDecimals(currency) + 2)}`)
    await page.getByText(/decimals\./).waitFor()
    await expect
      .poll(() => page.getByRole('button', { name: 'Refund' }).last().isDisabled())
      .toBe(true)
    await amount.fill(typed)
    await page.keyboard.press('Enter')
    await page.getByText('Partially refunded').first().waitFor()
    const { body } = await fixture.api('GET', `/v1/payments/${id}`)
    expect(body.refunded_amount).toBe(minor)
    visitor.expectClean()
    await visitor.close()
  })
})
