import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { expect } from 'vitest'
import { size } from '../../support/size.ts'
import { watch } from '../watch.ts'

/** A browser context of its own for the dashboard. */
export interface Visitor {
  readonly page: Page
  readonly context: BrowserContext
  /** Opens a path of the dashboard, for example `/payments`, and returns the page. */
  open(path: string): Promise<Page>
  /** Fails if the page has logged an error or sent a request to another host. */
  expectClean(): void
  close(): Promise<void>
}

/** Longest wait for an element, in milliseconds. Playwright stops waiting as soon as the element is there. */
const waitMs = 300_000

/** Creates a visitor without a session. */
export async function visit(
  browser: Browser,
  serverUrl: string,
  options: BrowserContextOptions = {},
): Promise<Visitor> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 860 },
    // Without a graphics card each frame of an animation takes processor time.
    reducedMotion: size({ quick: 'reduce', all: 'no-preference' } as const),
    ...options,
  })
  context.setDefaultTimeout(waitMs)
  const page = await context.newPage()
  const problems = watch(page, [new URL(serverUrl).origin])
  return {
    page,
    context,
    open: async (path) => {
      await page.goto(`${serverUrl}/dashboard${path}`)
      return page
    },
    expectClean: () => expect(problems).toEqual([]),
    close: () => context.close(),
  }
}

/**
 * Creates a visitor with a session. The secret key is exchanged for the cookie without the sign-in page, whose load
 * would cost as much as the page under test.
 */
export async function signIn(
  browser: Browser,
  server: { url: string; secretKey: string },
  options: BrowserContextOptions = {},
): Promise<Visitor> {
  const visitor = await visit(browser, server.url, options)
  const response = await visitor.context.request.post(`${server.url}/dashboard/api/session`, {
    headers: { 'sec-fetch-site': 'same-origin' },
    data: { secret_key: server.secretKey },
    timeout: waitMs,
  })
  expect(response.status(), 'sign in').toBe(201)
  return visitor
}
