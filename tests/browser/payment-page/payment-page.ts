import { execFileSync } from 'node:child_process'
import { globSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { size } from '../../support/size.ts'
import { watch } from '../watch.ts'

const root = join(import.meta.dirname, '../../..')
const app = join(root, 'apps/checkout')

/** Builds the payment page if its sources are newer than the last build. */
export function buildPaymentPage(): void {
  const sources = globSync(['src/**', 'index.html', 'vite.config.ts'], { cwd: app })
  const changed = Math.max(...sources.map((file) => statSync(join(app, file)).mtimeMs))
  const [page] = globSync('dist/index.html', { cwd: app })
  if (page && statSync(join(app, page)).mtimeMs > changed) return
  const vite = join(root, 'node_modules/vite/bin/vite.js')
  // The build that customers get. The NODE_ENV of the tests would select the development build of React.
  const env = { ...process.env, NODE_ENV: 'production' }
  execFileSync(process.execPath, [vite, 'build', app, '--logLevel', 'warn'], { env })
}

/** Longest wait for an element, in milliseconds. Playwright stops waiting as soon as the element is there. */
const waitMs = 300_000

/** A page of the browser and the problems that it had. */
export interface WatchedPage {
  readonly page: Page
  /** Logged errors and warnings, exceptions, and requests to servers that are not part of the test. */
  readonly problems: readonly string[]
  close(): Promise<void>
}

/** Opens a link as a customer does, in a browser context of its own. */
export async function openLink(
  browser: Browser,
  url: string,
  options: BrowserContextOptions & { servers?: readonly string[] } = {},
): Promise<WatchedPage> {
  const { servers = [], ...contextOptions } = options
  const context = await browser.newContext({
    locale: 'en-US',
    // Without a graphics card each frame of an animation takes processor time.
    reducedMotion: size({ quick: 'reduce', all: 'no-preference' } as const),
    ...contextOptions,
  })
  context.setDefaultTimeout(waitMs)
  const page = await context.newPage()
  const problems = watch(page, [new URL(url).origin, ...servers])
  await page.goto(url)
  return { page, problems, close: () => context.close() }
}

/** Types into the fields of a card, as a person does. */
export async function typeCard(
  page: Page,
  number: string,
  { expiry = '1240', cvc = '123' }: { expiry?: string; cvc?: string } = {},
): Promise<void> {
  await page.getByLabel('Card number').pressSequentially(number)
  await page.getByLabel('Expiry').pressSequentially(expiry)
  await page.getByLabel('Security code').pressSequentially(cvc)
}

/** Starts a server that stands for the merchant's shop, on an origin of its own. */
export async function startShop(): Promise<{ url: string; stop(): Promise<void> }> {
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'text/html')
    response.end('<!doctype html><link rel="icon" href="data:,"><title>Shop</title><h1>Shop</h1>')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
