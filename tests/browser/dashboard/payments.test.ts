import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { insertPayments } from '../../support/databases/sql.ts'
import { createPayment, paymentBody } from '../../support/http/api.ts'
import { createPaid, untilStatus } from '../../support/payments/paid.ts'
import { withServers } from '../../support/servers/servers.ts'
import { isLongRun, size } from '../../support/size.ts'
import { until } from '../../support/until.ts'
import { expectAccessible } from '../accessible.ts'
import { withBrowser } from '../with-browser.ts'
import { signIn, type Visitor } from './dashboard.ts'

// 100,000 payments would slow down the tests of other files on their shared server.
const fixture = withBrowser(isLongRun ? withServers(1) : undefined)
let visitor: Visitor

beforeAll(async () => {
  visitor = await signIn(fixture.browser, fixture.server)
})

afterEach(() => visitor.expectClean())

afterAll(async () => {
  await visitor?.close()
})

describe('a payment', () => {
  // A stricter test of the same keys, in keyboard.test.ts, is part of `npm test`.
  test.runIf(isLongRun)(
    'is canceled with three keys: c, the number of a reason, Enter',
    async () => {
      const payment = await createPayment(fixture.api)
      const page = await visitor.open(`/payments/${payment.id}`)
      await page.getByRole('button', { name: 'Cancel payment' }).waitFor()
      await page.keyboard.press('c')
      await page.getByRole('dialog').waitFor()
      await page.keyboard.press('2')
      await page.keyboard.press('Enter')
      await page.getByRole('dialog').waitFor({ state: 'hidden' })
      await page.getByText('Canceled', { exact: true }).first().waitFor()
      const { body } = await fixture.api('GET', `/v1/payments/${payment.id}`)
      expect(body).toMatchObject({ status: 'canceled', cancellation_reason: 'duplicate' })
    },
  )

  test.runIf(isLongRun)(
    'that was captured before the cancel is shown as not canceled, and a refund is offered',
    async () => {
      const payment = await createPayment(fixture.api, {
        initiate: true,
        payment_method_token: 'tok_visa',
        cancel_window: 3_600,
      })
      const page = await visitor.open(`/payments/${payment.id}`)
      await page.getByText('Can be canceled for').waitFor()
      await page.keyboard.press('c')
      await page.getByRole('dialog').waitFor()
      // The payment is captured while the dialog is open.
      await fixture.api('POST', '/v1/test/clock/advance', { body: { seconds: 3_601 } })
      await untilStatus(fixture.api, payment.id, 'succeeded')
      await page.getByText('By now its status is “Succeeded”.').waitFor()
      await page.getByRole('button', { name: 'Cancel payment' }).last().click()
      const dialog = page.getByRole('dialog', { name: 'Too late to cancel' })
      await dialog.getByText('so it was not canceled').waitFor()
      await dialog.getByRole('button', { name: 'Refund instead' }).click()
      await page.getByRole('dialog', { name: 'Refund' }).getByText('will remain').waitFor()
      await page.getByRole('button', { name: /^Refund \$/ }).click()
      await page.getByText('Refunded', { exact: true }).first().waitFor()
      const { body } = await fixture.api('GET', `/v1/payments/${payment.id}`)
      expect(body).toMatchObject({ status: 'refunded', refunded_amount: payment.amount })
    },
  )

  test('with manual capture is captured in part; the rest is released, and shown so', async () => {
    const payment = await createPayment(fixture.api, {
      amount: 10_000,
      capture_method: 'manual',
      initiate: true,
      payment_method_token: 'tok_visa',
    })
    const page = await visitor.open(`/payments/${payment.id}`)
    await page.getByText('Authorized until').waitFor()
    await page.getByRole('button', { name: 'Capture' }).click()
    const amount = page.getByLabel('Amount in USD')
    await page.getByText('Nothing is released.').waitFor()
    await amount.fill('100.01')
    await page.getByText('Enter at most $100.00: that is what is authorized.').waitFor()
    await amount.fill('40')
    await page.getByText('$60.00 is released, for good.').waitFor()
    await page.getByRole('button', { name: 'Capture $40.00' }).click()
    await page.getByText('Succeeded').first().waitFor()
    const money = page.getByRole('region', { name: 'Money' })
    await money.getByText('Captured', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Refund' }).click()
    await page.getByRole('button', { name: 'Refund $40.00' }).waitFor()
    const { body } = await fixture.api('GET', `/v1/payments/${payment.id}`)
    expect(body).toMatchObject({ status: 'succeeded', captured_amount: 4_000 })
  })

  test('is refunded in part; the rest is shown, and a refund of more is refused', async () => {
    const payment = await createPaid(fixture.api, { amount: 10_000 })
    const page = await visitor.open(`/payments/${payment.id}`)
    await page.getByRole('button', { name: 'Refund' }).click()
    const amount = page.getByLabel('Amount in USD')
    await amount.fill('100.01')
    await page.getByText('Enter at most $100.00').waitFor()
    await expect
      .poll(() => page.getByRole('button', { name: 'Refund' }).last().isDisabled())
      .toBe(true)
    await amount.fill('30')
    await page.getByText('$70.00 of $100.00 will remain.').waitFor()
    await page.getByRole('button', { name: 'Refund $30.00' }).click()
    await page.getByText('Partially refunded').first().waitFor()
    const { body } = await fixture.api('GET', `/v1/payments/${payment.id}`)
    expect(body.refunded_amount).toBe(3_000)
  })

  test.runIf(isLongRun)(
    'that two browsers cancel shows the result in both without a reload',
    async () => {
      const payment = await createPayment(fixture.api)
      const other = await signIn(fixture.browser, fixture.server)
      const pages = [visitor.page, other.page]
      for (const each of [visitor, other]) {
        const page = await each.open(`/payments/${payment.id}`)
        await page.getByRole('button', { name: 'Cancel payment' }).click()
        await page.getByRole('dialog').waitFor()
      }
      await Promise.all(
        pages.map((page) =>
          page.getByRole('dialog').getByRole('button', { name: 'Cancel payment' }).click(),
        ),
      )
      for (const page of pages) {
        const head = page.locator('.payment-id')
        await head.getByText('Canceled').waitFor()
        await page.locator('.entry').nth(1).waitFor()
      }
      const { body } = await fixture.api('GET', `/v1/payments/${payment.id}/events`)
      expect(body.data.map((event: { type: string }) => event.type)).toEqual([
        'payment.canceled',
        'payment.created',
      ])
      await other.close()
    },
  )

  test.runIf(isLongRun)(
    'that another client cancels becomes canceled on the open page',
    async () => {
      const payment = await createPayment(fixture.api)
      const page = await visitor.open(`/payments/${payment.id}`)
      await page.getByRole('button', { name: 'Cancel payment' }).waitFor()
      await fixture.api('POST', `/v1/payments/${payment.id}/cancel`)
      await page.locator('.payment-id').getByText('Canceled').waitFor()
      expect(await page.getByRole('button', { name: 'Cancel payment' }).count()).toBe(0)
    },
  )
})

describe('a test payment', () => {
  test('is created on the payments page, and canceled within its undo window', async () => {
    const page = await visitor.open('/payments')
    await page.getByRole('button', { name: 'Test payment' }).click()
    const amount = page.getByRole('textbox', { name: 'Amount', exact: true })
    await amount.fill('0')
    await page.getByText('Enter at least $0.01.').waitFor()
    await amount.fill('19.90')
    await page.getByLabel('Currency').selectOption('EUR')
    await expectAccessible(page, 'the dialog of a test payment', { withContrast: isLongRun })
    await page.getByRole('button', { name: 'Create payment' }).click()
    await page.getByRole('heading', { name: '€19.90' }).waitFor()
    await page.getByText('Can be canceled for').waitFor()
    await page.getByRole('button', { name: 'Cancel payment' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel payment' }).click()
    await page.locator('.payment-id').getByText('Canceled').waitFor()
  })

  test.runIf(isLongRun)(
    'that is pending is shown with its payment link and the test cards',
    async () => {
      const page = await visitor.open('/payments')
      await page.getByRole('button', { name: 'Test payment' }).click()
      await page.getByLabel('Not paid yet').check()
      await page.getByRole('button', { name: 'Create payment' }).click()
      await page.getByText('4242 4242 4242 4242').waitFor()
      await expectAccessible(page, 'a payment that is not paid yet')
      const link = page.getByRole('link', { name: 'Open the payment page' })
      await expect.poll(() => link.getAttribute('href')).toMatch(/\/pay\/pay_/)
    },
  )

  test.runIf(isLongRun)('cannot be created with a read-only key', async () => {
    const { body: key } = await fixture.api('POST', '/v1/auth/api-keys', {
      body: { scopes: ['payments:read'] },
    })
    const { url } = fixture.server
    const reader = await signIn(fixture.browser, { url, secretKey: key.secret_key })
    await reader.open('/payments')
    await reader.page.getByText(/^Updated/).waitFor()
    expect(await reader.page.getByRole('button', { name: 'Test payment' }).count()).toBe(0)
    await reader.close()
  })
})

describe('the list of payments', () => {
  test('finds payments by e-mail, metadata, amount and id, and keeps the search in the URL', async () => {
    const payment = await createPayment(fixture.api, {
      amount: 123_456,
      customer_email: 'find.me@example.com',
      metadata: { order_id: 'F-1' },
    })
    const page = await visitor.open('/payments')
    for (const text of ['find.me@example.com', 'order_id=F-1', '1234.56']) {
      await page.getByRole('searchbox').fill(text)
      await page.keyboard.press('Enter')
      await page.getByText(/ is /).first().waitFor()
      await until(
        `only the payment is found by ${text}`,
        async () => (await page.locator('tbody tr').count()) === 1,
      )
      expect(new URL(page.url()).searchParams.get('q')).toBe(text)
      if (isLongRun) await page.reload()
      await page.getByRole('link', { name: '$1,234.56' }).waitFor()
    }
    await page.reload()
    await page.getByRole('link', { name: '$1,234.56' }).waitFor()
    await page.getByRole('searchbox').fill(payment.id)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: '$1,234.56' }).waitFor()
  })

  test('finds a payment by the last four digits of its card, which the page of the payment shows', async () => {
    const { status } = await fixture.api('POST', '/v1/payments', {
      body: paymentBody({ amount: 4_711, payment_method_token: 'tok_discover', initiate: true }),
    })
    expect(status).toBe(201)
    const page = await visitor.open('/payments')
    await page.getByRole('searchbox').fill('•••• 1117')
    await page.keyboard.press('Enter')
    await page.getByText('Card or account ends in 1117').waitFor()
    await page.getByRole('link', { name: '$47.11' }).click()
    await page.getByText('Discover •••• 1117', { exact: true }).waitFor()
    await page.getByText('12/2034', { exact: true }).waitFor()
  })

  test('cancels the selected payments, shows the progress, and names the refused ones', async () => {
    const email = 'many@example.com'
    const ids: string[] = []
    for (let i = 0; i < 3; i++)
      ids.push((await createPayment(fixture.api, { customer_email: email })).id)
    const page = await visitor.open(`/payments?q=${email}`)
    await page.getByLabel('Choose all that are loaded and can be canceled').check()
    await page.getByText('3 chosen').waitFor()
    await page.keyboard.press('c')
    await page.getByRole('dialog').waitFor()
    await fixture.api('POST', `/v1/payments/${ids[0]}/cancel`)
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel payments' }).click()
    await page.getByRole('heading', { name: '2 payments canceled' }).waitFor()
    await page.getByRole('link', { name: ids[0] as string }).waitFor()
  })

  const count = size({ quick: 1_000, all: 100_000 })
  const scrolled = size({ quick: 300, all: 1_000 })

  test(`with ${count} payments has only the visible rows in the document`, async () => {
    const { sql, owner } = fixture
    await insertPayments(sql, { owner, count })
    const page = await visitor.open('/payments')
    await page.locator('tbody tr').first().waitFor()
    await until('enough rows are loaded', async () => (await scrollToEnd(page)) >= scrolled)
    await expect.poll(() => page.locator('tbody tr').count()).toBeLessThan(80)
    await page.getByText(/^Updated/).waitFor()
  })
})

/** Scrolls to the end of the loaded rows, and returns their number. */
async function scrollToEnd(page: Page): Promise<number> {
  return await page.locator('.table').evaluate((scroller) => {
    scroller.scrollTop = scroller.scrollHeight
    const rowHeight = scroller.querySelector('tbody tr')?.clientHeight ?? 1
    return Math.round((scroller.querySelector('tbody')?.clientHeight ?? 0) / rowHeight)
  })
}
