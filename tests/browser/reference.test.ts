import type { Page } from 'playwright-core'
import { afterAll, describe, expect, test } from 'vitest'
import { isLongRun, size } from '../support/size.ts'
import { expectAccessible, expectAccessibleInLongRun } from './accessible.ts'
import { watch } from './watch.ts'
import { withBrowser } from './with-browser.ts'

const fixture = withBrowser()

const screens = [
  { name: 'a phone', width: 390, height: 800, colorScheme: 'dark' },
  { name: 'a tablet', width: 820, height: 1100, colorScheme: 'light' },
  { name: 'a desktop', width: 1440, height: 900, colorScheme: 'dark' },
  { name: 'a phone in light', width: 390, height: 800, colorScheme: 'light' },
] as const

const paths = [
  '/docs',
  '/docs/webhooks',
  '/docs/api/payments',
  '/docs/api/webhook-events',
  '/docs/api/objects',
  '/docs/nowhere',
]
/** Pages of different kinds: wide tables, long code, images, lists of links, few operations. */
const otherPaths = [
  '/docs/quick-start',
  '/docs/running-in-production',
  '/docs/security',
  '/docs/api',
  '/docs/api/audit-log',
]

/**
 * `npm test` shows texts on the phone, and short pages of the reference on the tablet. A check of the long ones takes
 * up to ten times as much processor time.
 */
const quickPaths: Readonly<Record<string, readonly string[]>> = {
  'a phone': ['/docs/webhooks', '/docs/nowhere'],
  'a tablet': ['/docs/api/audit-log', '/docs/api/webhook-events'],
}

/**
 * Whether the contrast of a page's colours is checked: once in each colour scheme, because colours do not depend on
 * the width. `npm test` leaves out pages with the same colours as others.
 */
const hasOwnColours = (path: string, { name }: (typeof screens)[number]) =>
  isLongRun
    ? ['a phone', 'a tablet'].includes(name)
    : !['/docs/nowhere', '/docs/api/webhook-events'].includes(path)

const shownOn = ({ name }: (typeof screens)[number]) =>
  size({ quick: quickPaths[name] ?? [], all: [...paths, ...otherPaths] })

interface Opened {
  readonly page: Page
  /** Errors and forbidden requests of the page since it was opened. */
  problems(): readonly string[]
}

/** One page for each screen: a new one takes as much processor time as a load. */
const pages = new Map<string, { page: Page; problems: readonly string[] }>()

afterAll(async () => {
  for (const { page } of pages.values()) await page.close()
})

async function open(path: string, screen: (typeof screens)[number] = screens[2]): Promise<Opened> {
  const { page, problems } = pages.get(screen.name) ?? (await createPage(screen))
  const earlier = problems.length
  await page.emulateMedia({ colorScheme: screen.colorScheme })
  // Opens an empty page first. Otherwise the browser would not load a URL that differs in its anchor only.
  await page.goto('about:blank')
  await page.goto(`${fixture.server.url}${path}`)
  return { page, problems: () => problems.slice(earlier) }
}

async function createPage(screen: (typeof screens)[number]) {
  const { width, height } = screen
  const page = await fixture.browser.newPage({ viewport: { width, height } })
  page.setDefaultTimeout(300_000)
  const created = { page, problems: watch(page, [new URL(fixture.server.url).origin]) }
  pages.set(screen.name, created)
  return created
}

/** Chromium logs the status of a page that does not exist. */
const withoutNotFound = (problems: readonly string[]) =>
  problems.filter((problem) => !problem.includes('status of 404'))

describe('the documentation', () => {
  test.each(size({ quick: screens.slice(0, 2), all: [...screens] }))(
    'is accessible on $name, fits its width, and sends no request to another server',
    async (screen) => {
      for (const path of shownOn(screen)) {
        const { page, problems } = await open(path, screen)
        await expectAccessible(page, path, { withContrast: hasOwnColours(path, screen) })
        const excess = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        )
        expect(excess, path).toBe(0)
        expect(withoutNotFound(problems())).toEqual([])
      }
    },
  )

  test('follows the colour scheme of the browser', async () => {
    const { page } = await open('/docs', screens[2])
    const brightness = () =>
      page.evaluate(() => {
        const colour = getComputedStyle(document.body).backgroundColor
        return Math.max(...(colour.match(/\d+/g) ?? []).slice(0, 3).map(Number))
      })
    expect(await brightness()).toBeLessThan(60)
    await page.emulateMedia({ colorScheme: 'light' })
    expect(await brightness()).toBeGreaterThan(200)
  })
})

describe('by keyboard', () => {
  test('the search finds a word, opens its result, and can be closed', async () => {
    const { page, problems } = await open('/docs')
    await page.keyboard.press('/')
    await page.keyboard.type('undo wind')
    const status = page.getByRole('status')
    await expect.poll(() => status.textContent()).toMatch(/result/)
    const result = page.locator('.results a').first()
    expect(await result.textContent()).toMatch(/^Undo windows/)
    await expectAccessible(page, 'the results')
    await page.keyboard.press('ArrowDown')
    expect(await result.evaluate((link) => link === document.activeElement)).toBe(true)
    await page.keyboard.press('Enter')
    await page.waitForURL('**/docs/canceling-payments#undo-windows')
    await page.keyboard.press('/')
    await page.keyboard.type('retry')
    await expect.poll(() => status.textContent()).toMatch(/result/)
    await page.keyboard.press('Escape')
    expect(await page.locator('.results').isHidden()).toBe(true)
    await page.keyboard.press('Enter')
    await page.waitForURL((url) => !url.pathname.endsWith('canceling-payments'))
    expect(problems()).toEqual([])
  })

  test('the search reports that a word is not found', async () => {
    const { page } = await open('/docs')
    await page.getByRole('searchbox').fill('xylophone quartet')
    await expect.poll(() => page.getByRole('status').textContent()).toBe('Nothing found')
  })

  test('the search finds operations, objects and error codes', async () => {
    const { page } = await open('/docs')
    for (const [typed, target] of [
      ['createPayment', '/docs/api/payments#createPayment'],
      ['onPaymentCanceled', '/docs/api/webhook-events#onPaymentCanceled'],
      ['payment.refund_failed', '/docs/api/webhook-events#onPaymentRefundFailed'],
      ['CheckoutSession', '/docs/api/objects#CheckoutSession'],
      ['payment_not_cancelable', '/docs/api/objects#PaymentNotCancelableError'],
    ] as const) {
      await page.getByRole('searchbox').fill(typed)
      const result = page.locator(`.results a[href="${target}"]`)
      await result.waitFor()
    }
  })

  test('the first Tab leads to the content, and a phone has a menu', async () => {
    const { page } = await open('/docs/webhooks', screens[0])
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe('content')
    const menu = page.getByRole('navigation', { name: 'Pages' })
    expect(await menu.isVisible()).toBe(false)
    await page.getByRole('button', { name: 'Menu' }).press('Enter')
    await menu.waitFor()
    await expectAccessibleInLongRun(page, 'the menu')
    const current = menu.locator('[aria-current=page]')
    expect(await current.textContent()).toBe('Webhooks')
    await page.keyboard.press('Escape')
    await menu.waitFor({ state: 'hidden' })
  })

  test('wide code can be scrolled', async () => {
    const { page } = await open('/docs/webhooks', screens[0])
    const wide = page.locator('pre').first()
    await wide.focus()
    await page.keyboard.press('ArrowRight')
    await expect.poll(() => wide.evaluate((element) => element.scrollLeft)).toBeGreaterThan(0)
  })
})

test('the first page works with a slash at the end of its URL', async () => {
  const { page, problems } = await open('/docs/')
  expect(new URL(page.url()).pathname).toBe('/docs')
  await page.getByRole('link', { name: 'Webhook events' }).click()
  await page.waitForURL('**/docs/api/webhook-events')
  await page.getByRole('heading', { name: 'payment.canceled' }).waitFor()
  expect(problems()).toEqual([])
})

const formerLinks = [
  ['/docs/#/Test%20mode/advanceTestClock', '/docs/api/test-mode#advanceTestClock'],
  ['/docs#/Audit_log', '/docs/api/audit-log'],
  ['/docs#/Payments/createPayment', '/docs/api/payments#createPayment'],
  ['/docs#/', '/docs/api'],
] as const

test.each(size({ quick: formerLinks.slice(0, 2), all: formerLinks }))(
  'the former link %s still leads to its operation',
  async (path, to) => {
    const { page } = await open(path)
    await page.waitForURL(`${fixture.server.url}${to}`)
    const [, anchor] = to.split('#')
    if (anchor) await page.locator(`#${anchor}`).waitFor()
  },
)
