import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { isLongRun } from '../../support/size.ts'
import { expectAccessible, expectAccessibleInLongRun } from '../accessible.ts'
import { heading, payButton, withCustomers } from './customers.ts'
import { openLink } from './payment-page.ts'

const { fixture, createSession, open, statusOf } = withCustomers()

describe('changes by others', () => {
  test('a cancel is shown at once on every open page', async () => {
    const session = await createSession()
    const pages = await Promise.all([open(session.url), open(session.url)])
    await Promise.all(pages.map((page) => payButton(page).waitFor()))
    await fixture.api('POST', `/v1/payments/${session.payment_id}/cancel`)
    await Promise.all(pages.map((page) => heading(page, 'Canceled')))
  })

  test.runIf(isLongRun)(
    'a page that is offline says so, and shows the latest status afterwards',
    async () => {
      const session = await createSession()
      const page = await open(session.url)
      await payButton(page).waitFor()
      await page.context().setOffline(true)
      await page.getByText('You are offline').waitFor()
      await expect.poll(() => payButton(page).isDisabled()).toBe(true)
      await expectAccessible(page)
      await fixture.api('POST', `/v1/payments/${session.payment_id}/cancel`)
      await page.context().setOffline(false)
      await heading(page, 'Canceled')
    },
  )

  test('a link to no payment says so', async () => {
    const { page, problems, close } = await openLink(
      fixture.browser,
      `${fixture.server.url}/pay/pay_0`,
    )
    await heading(page, 'There is no such payment')
    await expectAccessibleInLongRun(page)
    await close()
    // Chromium itself logs the 404.
    expect(problems.filter((problem) => !problem.includes('404'))).toEqual([])
  })
})

describe('languages', () => {
  test('a German browser shows German texts and amounts', async () => {
    const page = await open((await createSession()).url, { locale: 'de-DE' })
    await page.getByLabel('Kartennummer').waitFor()
    await expect.poll(() => page.getByText(/^1\.234,56\s€$/).count()).toBe(1)
    await expect.poll(() => page.locator('html').getAttribute('lang')).toBe('de')
    await page.getByLabel('Kartennummer').pressSequentially('4242424242424241')
    await page.getByText('Eine Ziffer stimmt nicht.').waitFor()
    await expectAccessibleInLongRun(page)
  })

  test.runIf(isLongRun)('the language can be chosen, and the choice is kept', async () => {
    const page = await open((await createSession()).url)
    await page.getByLabel('Language').selectOption('Deutsch')
    await page.getByLabel('Kartennummer').waitFor()
    await page.reload()
    await page.getByLabel('Kartennummer').waitFor()
  })
})

describe('appearance', () => {
  test.each(isLongRun ? (['light', 'dark'] as const) : (['dark'] as const))(
    'readable in %s colours, on a small phone',
    async (scheme) => {
      const page = await open((await createSession()).url, {
        colorScheme: scheme,
        viewport: { width: 320, height: 640 },
      })
      await payButton(page).waitFor()
      await page.getByLabel('Card number').pressSequentially('4242424242424241')
      await payButton(page).click()
      await expectAccessible(page)
      const overflows = await page.evaluate(
        () => document.documentElement.scrollWidth > document.documentElement.clientWidth,
      )
      expect(overflows).toBe(false)
    },
  )

  test('the JavaScript of the page is at most 100 kB, compressed', () => {
    const dist = join(import.meta.dirname, '../../../apps/checkout/dist')
    const scripts = globSync('**/*.js', { cwd: dist })
    expect(scripts.length).toBeGreaterThan(0)
    const bytes = scripts.map((file) => gzipSync(readFileSync(join(dist, file))).length)
    expect(bytes.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(100_000)
  })
})

test.runIf(isLongRun)(
  'a session that expires says so on the open page, without a reload',
  async () => {
    const session = await createSession()
    const page = await open(session.url)
    await page.getByRole('timer').waitFor()
    await fixture.api('POST', '/v1/test/clock/advance', { body: { seconds: 4_000 } })
    await heading(page, 'Expired')
    await expectAccessible(page)
    expect(await statusOf(session.payment_id)).toBe('canceled')
  },
)
