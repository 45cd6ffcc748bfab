import type { Route } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { insertPayments } from '../../support/databases/sql.ts'
import { createPayment } from '../../support/http/api.ts'
import { createPaid } from '../../support/payments/paid.ts'
import { isLongRun, size } from '../../support/size.ts'
import { until } from '../../support/until.ts'
import { expectAccessible, expectAccessibleInLongRun } from '../accessible.ts'
import { withBrowser } from '../with-browser.ts'
import { signIn, type Visitor, visit } from './dashboard.ts'

const fixture = withBrowser()

/** Delays the requests of the dashboard until `open` is called. */
function gate() {
  let open: () => void = () => undefined
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  const hold = async (route: Route) => {
    await opened
    await route.continue().catch(() => undefined)
  }
  return { open: () => open(), hold }
}

const data = /\/v1\/|\/dashboard\/api\//

const paths = [
  '',
  '/payments',
  '/payments/pay_0',
  '/cancellations/bulk_0',
  '/webhooks',
  '/events',
  '/keys',
]

describe('before the first answer', () => {
  test.each(size({ quick: ['', '/payments/pay_0'], all: paths }))(
    '%s says that it loads, and has no barrier',
    async (path) => {
      const visitor = await signIn(fixture.browser, fixture.server)
      const { page } = visitor
      const { open, hold } = gate()
      // The session is answered. Only the data of the page waits.
      await page.route(/\/v1\/|\/dashboard\/api\/stats/, hold)
      await visitor.open(path)
      await page.getByRole('navigation', { name: 'Sections' }).waitFor()
      await page
        .getByRole('status')
        .filter({ hasText: /Loading/ })
        .or(page.locator('.skeleton'))
        .first()
        .waitFor()
      await expectAccessibleInLongRun(page, `${path} while it loads`)
      open()
      await visitor.close()
    },
  )

  test('the dashboard itself says that it loads', async () => {
    const visitor = await visit(fixture.browser, fixture.server.url)
    const { open, hold } = gate()
    await visitor.page.route(data, hold)
    await visitor.open('')
    await visitor.page.getByText('Loading…').waitFor()
    await expectAccessibleInLongRun(visitor.page, 'before the session is known')
    open()
    await visitor.page.getByLabel('Secret key').waitFor()
    visitor.expectClean()
    await visitor.close()
  })
})

describe('without a server', () => {
  test.each(
    size({
      quick: ['/payments'],
      all: paths.filter((path) => path !== '/cancellations/bulk_0'),
    }),
  )('%s says so, and loads by itself when the server is back', async (path) => {
    const visitor = await signIn(fixture.browser, fixture.server)
    const { page } = visitor
    let isDown = true
    await page.route(/\/v1\/|\/dashboard\/api\/stats/, async (route) => {
      if (isDown) await route.abort('connectionrefused')
      else await route.continue()
    })
    await visitor.open(path)
    const failed = page.getByText('The server cannot be reached')
    await failed.first().waitFor()
    await expectAccessible(page, `${path} without a server`, { withContrast: isLongRun })
    isDown = false
    await failed.first().waitFor({ state: 'hidden' })
    await visitor.close()
  })

  test.runIf(isLongRun)(
    'a page whose script is missing says so, leaves the others, and loads when the script is back',
    async () => {
      const visitor = await signIn(fixture.browser, fixture.server)
      const { page } = visitor
      await visitor.open('')
      await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor()
      const scripts = /webhooks-page/
      const everything = `${fixture.server.url}/**`
      await page.route(scripts, (route) => route.fulfill({ status: 404 }))
      const link = (name: string) => page.getByRole('link', { name, exact: true })
      await link('Webhooks').click()
      await page.getByText('This page could not be loaded').waitFor()
      await expectAccessible(page, 'a page that was not loaded')

      await page.route(everything, (route) => route.abort('connectionrefused'))
      await page.getByRole('button', { name: 'Try again' }).click()
      await page.getByText('There is still no answer from the server').waitFor()
      await link('Payments').click()
      await page.getByRole('heading', { name: 'Payments', level: 1 }).waitFor()

      await link('Webhooks').click()
      await page.unroute(everything)
      await page.unroute(scripts)
      await page.getByRole('button', { name: 'Try again' }).click()
      await page.getByRole('heading', { name: 'Webhooks', level: 1 }).waitFor()
      await visitor.close()
    },
  )

  test('a cancel whose answer is lost is not shown as done, and counts once when it is tried again', async () => {
    const payment = await createPayment(fixture.api)
    const visitor = await signIn(fixture.browser, fixture.server)
    const { page } = visitor
    await visitor.open(`/payments/${payment.id}`)
    await page.getByRole('button', { name: 'Cancel payment' }).click()
    let isLost = true
    await page.route('**/cancel', async (route) => {
      if (!isLost) return await route.continue()
      // The server cancels the payment. Its answer is cut off.
      await route.fetch({ timeout: 0 })
      isLost = false
      await route.abort('connectionreset')
    })
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Cancel payment' }).click()
    await dialog.getByText('Whether it was canceled is not known').waitFor()
    await dialog.getByRole('button', { name: 'Cancel payment' }).click()
    await dialog.waitFor({ state: 'hidden' })
    await page.locator('.payment-id').getByText('Canceled').waitFor()
    await visitor.close()
  })
})

describe('an address without content', () => {
  let visitor: Visitor

  beforeAll(async () => {
    await createPayment(fixture.api)
    visitor = await signIn(fixture.browser, fixture.server)
  })

  afterAll(async () => {
    await visitor?.close()
  })

  test.each([
    ['/payments/pay_0', 'There is no such payment'],
    ['/nowhere', 'There is no such page'],
    ['/payments?q=what', 'This search is not understood'],
    ['/payments?q=nobody@example.com', 'No payment matches'],
  ])('%s says so', async (path, text) => {
    const page = await visitor.open(path)
    await page.getByText(text).waitFor()
    await expectAccessibleInLongRun(page, path)
  })
})

describe('the age of the data', () => {
  test.runIf(isLongRun)('counts from the request, not from a late answer', async () => {
    const payment = await createPaid(fixture.api)
    const visitor = await signIn(fixture.browser, fixture.server)
    const { page } = visitor
    await page.clock.install()
    let isAnswered = false
    const { open, hold } = gate()
    // The first request is answered late. Later requests are never answered.
    await page.route('**/v1/payments/**', async (route) => {
      if (isAnswered) return
      await hold(route)
      isAnswered = true
    })
    await visitor.open(`/payments/${payment.id}`)
    await page.getByText('Loading the payment').waitFor()
    await page.clock.fastForward(9_000)
    open()
    await page
      .getByText(/^Updated (9|\d\d+) s ago/)
      .first()
      .waitFor()
    await visitor.close()
  })

  test.runIf(isLongRun)('rows that come into view again are loaded again', async () => {
    const { sql, owner, api } = fixture
    const ids = await insertPayments(sql, { owner, count: 400, ageMs: 1_000 })
    const visitor = await signIn(fixture.browser, fixture.server)
    const { page } = visitor
    await visitor.open('/payments?status=pending')
    await page.locator('tbody tr').first().waitFor()
    const scroll = (top: number) =>
      page.locator('.table').evaluate((table, to) => table.scrollTo(0, to), top)
    const middle = page.locator(`a[href$="${ids[199]}"]`)
    // Each scroll loads more rows, until the middle is loaded.
    await until('the middle is in view', async () => {
      await scroll(200 * 48)
      return (await middle.count()) === 1
    })
    await scroll(0)
    await middle.waitFor({ state: 'detached' })
    await api('POST', `/v1/payments/${ids[199]}/cancel`)
    await scroll(200 * 48)
    // The payment is no longer pending, so it leaves the list.
    await middle.waitFor({ state: 'detached' })
    await page
      .getByText(/^Updated/)
      .first()
      .waitFor()
    await visitor.close()
  })
})

test.runIf(isLongRun)(
  'the list shows amount, status and customer of a payment at every width, also after a resize',
  async () => {
    await createPayment(fixture.api, { customer_email: 'ada.lovelace@example.com' })
    const visitor = await signIn(fixture.browser, fixture.server)
    const { page } = visitor
    await visitor.open('/payments')
    for (const width of [1920, 1280, 1120, 960, 768, 600, 360]) {
      await page.setViewportSize({ width, height: 800 })
      const row = page.locator('tbody tr').first()
      // The page adapts after the resize, and a row is drawn anew whenever the list is loaded again.
      for (const part of ['amount', 'status', 'customer']) {
        const widthOfPart = async () => (await row.locator(`.cell-${part}`).boundingBox())?.width
        const message = `${part} at ${width}`
        await expect.poll(widthOfPart, { message }).toBeGreaterThan(60)
      }
      const isOver = () =>
        row.evaluate((element) => element.scrollHeight > element.clientHeight + 1)
      const message = `a row is higher than its place at ${width}`
      await expect.poll(isOver, { message }).toBe(false)
    }
    visitor.expectClean()
    await visitor.close()
  },
)
