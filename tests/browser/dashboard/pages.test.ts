import { readdirSync, readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { apiClient, createPayment } from '../../support/http/api.ts'
import { createPaid } from '../../support/payments/paid.ts'
import { isLongRun, size } from '../../support/size.ts'
import { until } from '../../support/until.ts'
import { expectAccessible, expectAccessibleInLongRun } from '../accessible.ts'
import { withBrowser } from '../with-browser.ts'
import { signIn, type Visitor, visit } from './dashboard.ts'

const fixture = withBrowser()
let receiver: Server
/** Shared by tests that change neither its session nor its network. */
let visitor: Visitor
/** The status with which the receiver of webhooks answers. */
let receiverStatus = 500

beforeAll(async () => {
  receiver = createServer((_, response) =>
    response.writeHead(receiverStatus).end('the till is on fire'),
  )
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
  visitor = await signIn(fixture.browser, fixture.server)
})

afterAll(async () => {
  await visitor?.close()
  receiver?.close()
})

function receiverUrl(): string {
  return `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`
}

describe('every page', () => {
  /** Pages with badges of every kind. `npm test` checks the contrast of colours on these. */
  const hasOwnColours = (path: string) => path === '/payments' || path === '/webhooks'

  /** The contrast is checked once in each colour scheme, because colours do not depend on the width. */
  const appearances = [
    ['light', 'wide', 'with contrast'],
    ['dark', 'phone', 'with contrast'],
    ['dark', 'wide', 'without contrast'],
    ['light', 'phone', 'without contrast'],
  ] as const

  test.each(appearances.slice(0, size({ quick: 1, all: appearances.length })))(
    'is accessible, logs no error and sends no request to another host, %s, on a %s screen, %s',
    async (colorScheme, screen, contrast) => {
      const withContrast = isLongRun && contrast === 'with contrast'
      const viewport =
        screen === 'phone' ? { width: 390, height: 844 } : { width: 1280, height: 860 }
      const options = { colorScheme, viewport, reducedMotion: 'reduce' } as const
      const { api, browser, server } = fixture
      const paid = await createPaid(api)
      await api('POST', `/v1/payments/${paid.id}/refund`, { body: { amount: 100 } })
      const pending = await createPayment(api, { metadata: { order_id: 'A-1' } })

      const visitor = await visit(browser, server.url, options)
      const page = await visitor.open('')
      await page.getByLabel('Secret key').fill(server.secretKey)
      await expectAccessible(page, 'sign-in', { withContrast })
      await page.getByRole('button', { name: 'Sign in' }).click()
      const pages = [
        ['', 'Overview'],
        ['/payments', 'Payments'],
        [`/payments/${paid.id}`, /^\$99\.99/],
        ['/disputes', 'Disputes'],
        ['/webhooks', 'Webhooks'],
        ['/events', 'Events'],
        ['/keys', 'API keys'],
      ] as const
      for (const [path, name] of pages) {
        if (path !== '') await visitor.open(path)
        await page.getByRole('heading', { name, level: 1 }).waitFor()
        await page
          .getByText(/^Updated/)
          .first()
          .waitFor()
        await expectAccessible(page, path, { withContrast: withContrast || hasOwnColours(path) })
        // Polls both, because parts of the page may still load.
        const isTooWide = () =>
          page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth)
        await expect.poll(isTooWide, { message: `${path} scrolls sideways` }).toBe(false)
        // Text for screen readers only must not make a page longer than its visible part.
        const emptyBelow = () =>
          page.evaluate(() => {
            const end = document.querySelector('main > *')?.getBoundingClientRect().bottom ?? 0
            return document.documentElement.scrollHeight - Math.max(end + scrollY, innerHeight)
          })
        const message = `${path} has empty space below its end`
        await expect.poll(emptyBelow, { message }).toBeLessThan(100)
      }
      await visitor.open(`/payments/${pending.id}`)
      await page.getByRole('button', { name: 'Cancel payment' }).click()
      await page.getByRole('dialog').waitFor()
      await expectAccessible(page, 'the dialog before a cancel', { withContrast })
      visitor.expectClean()
      await visitor.close()
    },
  )

  test.runIf(isLongRun)(
    'shows that it is offline and how old its data is, and recovers by itself',
    async () => {
      const payment = await createPayment(fixture.api)
      const visitor = await signIn(fixture.browser, fixture.server)
      const page = await visitor.open(`/payments/${payment.id}`)
      await page.getByRole('button', { name: 'Cancel payment' }).waitFor()
      await visitor.context.setOffline(true)
      await page.getByText('No answer from the server').first().waitFor()
      await page.getByText(/^Updated \d+ s ago$/).waitFor()
      await visitor.context.setOffline(false)
      await page.getByText('No answer from the server').first().waitFor({ state: 'hidden' })
      await page.getByText('Updated just now').first().waitFor()
      await visitor.close()
    },
  )
})

describe('keys', () => {
  test('a key that is created in the dashboard works until it is revoked there', async () => {
    const page = await visitor.open('/keys')
    await page.getByRole('button', { name: 'Create key' }).click()
    await page.getByLabel('Name (optional)').fill('Till 7')
    await page.getByRole('dialog').getByRole('button', { name: 'Create key' }).click()
    const secret = (await page.locator('.secret code').last().textContent()) ?? ''
    await page.getByRole('button', { name: 'I have it' }).click()
    const created = apiClient(fixture.server.url, secret)
    expect((await created('GET', '/v1/payments')).status).toBe(200)
    await page.getByRole('button', { name: 'Revoke Till 7' }).click()
    await page.getByRole('button', { name: 'Revoke key' }).click()
    await page.getByText('Revoked', { exact: true }).first().waitFor()
    await until(
      'the key is refused',
      async () => (await created('GET', '/v1/payments')).status === 401,
    )
    visitor.expectClean()
  })

  test.runIf(isLongRun)(
    'after the key of a session is revoked, the page shows the sign-in',
    async () => {
      const { api, browser, server } = fixture
      const { body: key } = await api('POST', '/v1/auth/api-keys', { body: { name: 'Own' } })
      const visitor = await signIn(browser, { url: server.url, secretKey: key.secret_key })
      const page = await visitor.open('/payments')
      await page.getByRole('heading', { name: 'Payments' }).waitFor()
      await api('DELETE', `/v1/auth/api-keys/${key.id}`)
      await page.getByText('Your session has ended').waitFor()
      await expectAccessible(page, 'after the end of a session')
      // After a new sign-in the same page is shown.
      await page.getByLabel('Secret key').fill(server.secretKey)
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.getByRole('heading', { name: 'Payments' }).waitFor()
      await visitor.close()
    },
  )

  test.runIf(isLongRun)('a failed sign-out shows an error and not the sign-in page', async () => {
    const visitor = await signIn(fixture.browser, fixture.server)
    const page = await visitor.open('')
    await page.getByRole('navigation', { name: 'Sections' }).waitFor()
    await visitor.context.setOffline(true)
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByText('Not signed out: try again').waitFor()
    await visitor.context.setOffline(false)
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByLabel('Secret key').waitFor()
    await visitor.close()
  })
})

describe('webhooks', () => {
  test('an endpoint is added, its failed delivery retried, its secret rotated', async () => {
    const page = await visitor.open('/webhooks')
    await page.getByRole('button', { name: 'Add endpoint' }).click()
    await page.getByLabel('Address').fill(receiverUrl())
    await page.getByRole('dialog').getByRole('button', { name: 'Add endpoint' }).click()
    const secret = await page.locator('.secret code').textContent()
    expect(secret).toMatch(/^whsec_/)
    await page.getByRole('button', { name: 'I have it' }).click()

    receiverStatus = 500
    const payment = await createPayment(fixture.api)
    await visitor.open(`/payments/${payment.id}`)
    await page.getByText('Answered 500.').waitFor()
    await page.getByText(`to ${receiverUrl()}`).waitFor()
    await page.getByText('Answers of the receiver').click()
    await page.getByText('The body of this answer was not kept.').first().waitFor()
    // Only answers of public addresses are kept. The receiver of this test has a private address.
    await fixture.sql.query(
      `update webhook_attempts set response_body = 'the till is on fire' where merchant_id = $1`,
      [fixture.owner.merchant_id],
    )
    await page.reload()
    await page.getByText('Answers of the receiver').click()
    await page.getByText('the till is on fire').first().waitFor()
    await expectAccessibleInLongRun(page, 'the answer of a receiver')
    receiverStatus = 200
    await page.getByRole('button', { name: /^Send payment\.created/ }).click()
    await page.getByText('Delivered', { exact: true }).waitFor()

    await visitor.open('/webhooks')
    await page.getByRole('button', { name: 'Rotate secret' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Rotate secret' }).click()
    const rotated = await page.locator('.secret code').textContent()
    expect(rotated).toMatch(/^whsec_/)
    expect(rotated).not.toBe(secret)
    visitor.expectClean()
  })

  test.runIf(isLongRun)('an endpoint can be limited to some event types', async () => {
    const page = await visitor.open('/webhooks')
    await page.getByRole('button', { name: 'Add endpoint' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Address').fill(`${receiverUrl()}some`)
    await dialog.getByLabel('Every event').uncheck()
    await expect
      .poll(() => dialog.getByRole('button', { name: 'Add endpoint' }).isDisabled())
      .toBe(true)
    await dialog.getByLabel('payment.canceled').check()
    await dialog.getByLabel('ach.returned').check()
    await expectAccessible(page, 'the choice of events')
    await dialog.getByRole('button', { name: 'Add endpoint' }).click()
    await page.getByRole('button', { name: 'I have it' }).click()
    await page.getByText('payment.canceled, ach.returned').waitFor()
    visitor.expectClean()
  })
})

test('the JavaScript of the first view is at most 250 kB, compressed', () => {
  const dist = join(import.meta.dirname, '../../../apps/dashboard/dist')
  const page = readFileSync(join(dist, 'index.html'), 'utf8')
  const scripts = readdirSync(join(dist, 'assets')).filter((name) => name.endsWith('.js'))
  const first = scripts.filter((name) => page.includes(name) || name.startsWith('overview-page'))
  expect(first.length).toBeGreaterThan(1)
  const bytes = first
    .map((name) => gzipSync(readFileSync(join(dist, 'assets', name))).length)
    .reduce((a, b) => a + b, 0)
  expect(bytes).toBeLessThanOrEqual(250_000)
})

test('the plots show the payments of the chosen currency', async () => {
  await createPaid(fixture.api)
  await createPaid(fixture.api, { amount: 4_200, currency: 'NOK' })
  const page = await visitor.open('')
  await page.getByRole('button', { name: 'NOK' }).click()
  await page
    .getByText(/NOK\s42\.00/)
    .first()
    .waitFor()
  visitor.expectClean()
})
