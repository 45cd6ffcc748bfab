import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Locator } from 'playwright-core'
import { expect, test } from 'vitest'
import { withBrowser } from './with-browser.ts'

const fixture = withBrowser()

const contract = join(import.meta.dirname, '../../packages/contract/package.json')
const { version } = JSON.parse(readFileSync(contract, 'utf8'))

test('the API reference names the release, and follows the colour scheme of the browser', async () => {
  const page = await fixture.browser.newPage({ colorScheme: 'dark' })
  page.setDefaultTimeout(300_000)
  await page.goto(`${fixture.server.url}/docs`)
  const title = page.getByRole('heading', { name: 'Hedge Payments' })
  await title.waitFor()
  await expect.poll(() => title.textContent()).toContain(version)
  const brightness = (element: Locator, property: string) =>
    element.evaluate((shown, name) => {
      const colour = getComputedStyle(shown).getPropertyValue(name)
      return Math.max(...(colour.match(/\d+/g) ?? []).slice(0, 3).map(Number))
    }, property)
  expect(await brightness(title, 'color')).toBeGreaterThan(180)
  await page.emulateMedia({ colorScheme: 'light' })
  await page.locator('html:not(.dark-mode)').waitFor({ state: 'attached' })
  expect(await brightness(title, 'color')).toBeLessThan(100)
  await page.close()
})
