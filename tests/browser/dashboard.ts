import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { expect } from 'vitest'

/** A browser that shows the dashboard, and its complaints. */
export interface Visitor {
  readonly page: Page
  readonly context: BrowserContext
  /** Fails where the page has logged an error or asked another host for anything. */
  expectClean(): void
  close(): Promise<void>
}

/** Longest wait for an element, in milliseconds. Playwright stops waiting as soon as the element is there. */
const waitMs = 300_000

const refused = /^Failed to load resource: .* status of 412 /

/** Opens the dashboard in a profile of its own. */
export async function visit(
  browser: Browser,
  serverUrl: string,
  options: BrowserContextOptions = {},
): Promise<Visitor> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, ...options })
  context.setDefaultTimeout(waitMs)
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() !== 'error' && message.type() !== 'warning') return
    // A refusal that the page then explains is an answer, though Chromium logs each 412 by itself.
    if (!refused.test(message.text())) complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('request', (request) => {
    if (!request.url().startsWith(serverUrl)) complaints.push(`asked ${request.url()}`)
  })
  await page.goto(`${serverUrl}/dashboard`)
  return {
    page,
    context,
    expectClean: () => expect(complaints).toEqual([]),
    close: () => context.close(),
  }
}

/** Opens the dashboard and signs in. */
export async function signIn(
  browser: Browser,
  server: { url: string; secretKey: string },
  options: BrowserContextOptions = {},
): Promise<Visitor> {
  const visitor = await visit(browser, server.url, options)
  await visitor.page.getByLabel('Secret key').fill(server.secretKey)
  await visitor.page.getByRole('button', { name: 'Sign in' }).click()
  await visitor.page.getByRole('navigation', { name: 'Sections' }).waitFor()
  return visitor
}

/** Fails for anything on the page that people with an impairment could not use. */
export async function expectAccessible(page: Page, what: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze()
  const found = violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(' ')).join(', ')}`,
  )
  expect(found, what).toEqual([])
}
