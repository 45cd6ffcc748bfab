import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { isLongRun, size } from '../support/size.ts'
import { expectAccessible } from './accessible.ts'
import { watch } from './watch.ts'
import { withBrowser } from './with-browser.ts'

const fixture = withBrowser()

const screens = [
  { name: 'a phone', width: 390, height: 800, colorScheme: 'dark' },
  { name: 'a tablet', width: 820, height: 1100, colorScheme: 'light' },
  { name: 'a desktop', width: 1440, height: 900, colorScheme: 'dark' },
  { name: 'a phone in light', width: 390, height: 800, colorScheme: 'light' },
] as const

/**
 * A check of its 5,500 elements takes as much processor time as that of all other pages. Its parts have the shape of
 * those of `/docs/api/payments`.
 */
const longestPath = '/docs/api/objects'
const paths = [
  '/docs',
  '/docs/webhooks',
  '/docs/api/payments',
  '/docs/api/webhook-events',
  longestPath,
  '/docs/nowhere',
]
/** Pages in other shapes: wide tables, long code, images, lists of links. */
const otherPaths = [
  '/docs/quick-start',
  '/docs/running-in-production',
  '/docs/security',
  '/docs/api',
]

/** `npm test` shows each page on one screen: texts on the narrow one, the reference on the tablet. */
function shownOn(screen: (typeof screens)[number]): readonly string[] {
  const isTablet = screen.name === 'a tablet'
  return size({
    quick: paths.filter((path) => path.startsWith('/docs/api') === isTablet),
    all: [...paths, ...otherPaths],
  })
}

interface Opened {
  readonly page: Page
  /** What the page must not do. Grows. */
  readonly problems: readonly string[]
}

async function open(path: string, screen: (typeof screens)[number] = screens[2]): Promise<Opened> {
  const { width, height, colorScheme } = screen
  const page = await fixture.browser.newPage({ viewport: { width, height }, colorScheme })
  page.setDefaultTimeout(300_000)
  const problems = watch(page, [new URL(fixture.server.url).origin])
  await page.goto(`${fixture.server.url}${path}`)
  return { page, problems }
}

/** Chromium logs the status of a page that does not exist. */
const withoutNotFound = (problems: readonly string[]) =>
  problems.filter((problem) => !problem.includes('status of 404'))

describe('the documentation', () => {
  test.each(size({ quick: screens.slice(0, 2), all: [...screens] }))(
    'has no barrier on $name, is not wider than it, and asks no other server',
    async (screen) => {
      for (const path of shownOn(screen)) {
        const { page, problems } = await open(path, screen)
        if (isLongRun || path !== longestPath) await expectAccessible(page, path)
        const excess = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        )
        expect(excess, path).toBe(0)
        expect(withoutNotFound(problems)).toEqual([])
        await page.close()
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
    await page.close()
  })
})

describe('by keyboard', () => {
  test('a word is found, its result opened, and the search closed', async () => {
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
    expect(problems).toEqual([])
    await page.close()
  })

  test('what nobody has written is not found, and the page says so', async () => {
    const { page } = await open('/docs')
    await page.getByRole('searchbox').fill('xylophone quartet')
    await expect.poll(() => page.getByRole('status').textContent()).toBe('Nothing found')
    await page.close()
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
    await page.close()
  })

  test('the first key reaches the content, and a phone has a menu', async () => {
    const { page } = await open('/docs/webhooks', screens[0])
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe('content')
    const menu = page.getByRole('navigation', { name: 'Pages' })
    expect(await menu.isVisible()).toBe(false)
    await page.getByRole('button', { name: 'Menu' }).press('Enter')
    await menu.waitFor()
    await expectAccessible(page, 'the menu')
    const current = menu.locator('[aria-current=page]')
    expect(await current.textContent()).toBe('Webhooks')
    await page.keyboard.press('Escape')
    await menu.waitFor({ state: 'hidden' })
    await page.close()
  })

  test('wide tables and code scroll by keyboard', async () => {
    const { page } = await open('/docs/webhooks', screens[0])
    const wide = page.locator('pre').first()
    await wide.focus()
    await page.keyboard.press('ArrowRight')
    await expect.poll(() => wide.evaluate((element) => element.scrollLeft)).toBeGreaterThan(0)
    await page.close()
  })
})

test('the first page works with a slash at its end', async () => {
  const { page, problems } = await open('/docs/')
  expect(new URL(page.url()).pathname).toBe('/docs')
  await page.getByRole('link', { name: 'Webhook events' }).click()
  await page.waitForURL('**/docs/api/webhook-events')
  await page.getByRole('heading', { name: 'payment.canceled' }).waitFor()
  expect(problems).toEqual([])
  await page.close()
})

test.each([
  ['/docs#/Payments/createPayment', '/docs/api/payments#createPayment'],
  ['/docs/#/Test%20mode/advanceTestClock', '/docs/api/test-mode#advanceTestClock'],
  ['/docs#/Audit_log', '/docs/api/audit-log'],
  ['/docs#/', '/docs/api'],
])('a link of the former reference, %s, still leads to its operation', async (path, to) => {
  const { page } = await open(path)
  await page.waitForURL(`${fixture.server.url}${to}`)
  const [, anchor] = to.split('#')
  if (anchor) await page.locator(`#${anchor}`).waitFor()
  await page.close()
})
