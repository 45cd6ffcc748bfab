import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Locator } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { withServers } from '../support/servers/servers.ts'
import { launchBrowser } from './browser.ts'

const fixture = withServers(1)
let browser: Browser

beforeAll(async () => {
  browser = await launchBrowser()
})

afterAll(async () => {
  await browser?.close()
})

const contract = join(import.meta.dirname, '../../packages/contract/package.json')
const { version } = JSON.parse(readFileSync(contract, 'utf8'))

test('the API reference names the release, and is as dark as its reader wants it', async () => {
  const page = await browser.newPage({ colorScheme: 'dark' })
  page.setDefaultTimeout(300_000)
  await page.goto(`${fixture.servers[0]?.url}/docs`)
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
