import pg from 'pg'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { TestDatabase } from '../support/databases/postgres.ts'
import { type Api, apiClient, createPayment } from '../support/http/api.ts'
import { createPaid, untilStatus } from '../support/payments/paid.ts'
import { createMigratedDatabase, startServer, type TestServer } from '../support/servers/server.ts'
import { isLongRun } from '../support/size.ts'
import { until } from '../support/until.ts'
import { launchBrowser } from './browser.ts'
import { expectAccessible, signIn, type Visitor } from './dashboard.ts'

let database: TestDatabase
let server: TestServer
let browser: Browser
let api: Api
let visitor: Visitor

beforeAll(async () => {
  database = await createMigratedDatabase()
  server = await startServer({ databaseUrl: database.url })
  api = apiClient(server.url, server.secretKey)
  browser = await launchBrowser()
})

beforeEach(async () => {
  visitor = await signIn(browser, server)
})

afterEach(async () => {
  visitor.expectClean()
  await visitor.close()
})

afterAll(async () => {
  await browser?.close()
  await server?.stop()
  await database?.drop()
})

async function open(path: string) {
  await visitor.page.goto(`${server.url}/dashboard${path}`)
  return visitor.page
}

describe('a payment', () => {
  test('is canceled in time with three keys: c, the number of a reason, Enter', async () => {
    const payment = await createPayment(api)
    const page = await open(`/payments/${payment.id}`)
    await page.getByRole('button', { name: 'Cancel payment' }).waitFor()
    await page.keyboard.press('c')
    await page.getByRole('dialog').waitFor()
    await page.keyboard.press('2')
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    await page.getByText('Canceled', { exact: true }).first().waitFor()
    const { body } = await api('GET', `/v1/payments/${payment.id}`)
    expect(body).toMatchObject({ status: 'canceled', cancellation_reason: 'duplicate' })
  })

  test.runIf(isLongRun)(
    'that processing took first is said not to be canceled, and the refund is offered',
    async () => {
      const payment = await createPayment(api, {
        initiate: true,
        payment_method_token: 'tok_visa',
        cancel_window: 3_600,
      })
      const page = await open(`/payments/${payment.id}`)
      await page.getByText('Can be canceled for').waitFor()
      await page.keyboard.press('c')
      await page.getByRole('dialog').waitFor()
      // Processing wins while the question is on screen.
      await api('POST', '/v1/test/clock/advance', { body: { seconds: 3_601 } })
      await untilStatus(api, payment.id, 'succeeded')
      await page.getByText('By now its status is “Succeeded”.').waitFor()
      await page.getByRole('button', { name: 'Cancel payment' }).last().click()
      const dialog = page.getByRole('dialog', { name: 'Too late to cancel' })
      await dialog.getByText('so it was not canceled').waitFor()
      await dialog.getByRole('button', { name: 'Refund instead' }).click()
      await page.getByRole('dialog', { name: 'Refund' }).getByText('will remain').waitFor()
      await page.getByRole('button', { name: /^Refund \$/ }).click()
      await page.getByText('Refunded', { exact: true }).first().waitFor()
      const { body } = await api('GET', `/v1/payments/${payment.id}`)
      expect(body).toMatchObject({ status: 'refunded', refunded_amount: payment.amount })
    },
  )

  test('is refunded in part; what remains is shown, and more than that is not taken', async () => {
    const payment = await createPaid(api, { amount: 10_000 })
    const page = await open(`/payments/${payment.id}`)
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
    const { body } = await api('GET', `/v1/payments/${payment.id}`)
    expect(body.refunded_amount).toBe(3_000)
  })

  test.runIf(isLongRun)(
    'that two browsers cancel shows both the result without a reload',
    async () => {
      const payment = await createPayment(api)
      const other = await signIn(browser, server)
      const pages = [visitor.page, other.page]
      for (const page of pages) {
        await page.goto(`${server.url}/dashboard/payments/${payment.id}`)
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
      const { body } = await api('GET', `/v1/payments/${payment.id}/events`)
      expect(body.data.map((event: { type: string }) => event.type)).toEqual([
        'payment.canceled',
        'payment.created',
      ])
      await other.close()
    },
  )

  test.runIf(isLongRun)('that somebody else cancels turns canceled before one’s eyes', async () => {
    const payment = await createPayment(api)
    const page = await open(`/payments/${payment.id}`)
    await page.getByRole('button', { name: 'Cancel payment' }).waitFor()
    await api('POST', `/v1/payments/${payment.id}/cancel`)
    await page.locator('.payment-id').getByText('Canceled').waitFor()
    expect(await page.getByRole('button', { name: 'Cancel payment' }).count()).toBe(0)
  })
})

describe('a test payment', () => {
  test('is made on the payments page, and canceled within its undo window', async () => {
    const page = await open('/payments')
    await page.getByRole('button', { name: 'Test payment' }).click()
    const amount = page.getByRole('textbox', { name: 'Amount', exact: true })
    await amount.fill('0')
    await page.getByText('Enter at least $0.01.').waitFor()
    await amount.fill('19.90')
    await page.getByLabel('Currency').selectOption('EUR')
    await expectAccessible(page, 'the questions before a test payment')
    await page.getByRole('button', { name: 'Create payment' }).click()
    await page.getByRole('heading', { name: '€19.90' }).waitFor()
    await page.getByText('Can be canceled for').waitFor()
    await page.getByRole('button', { name: 'Cancel payment' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel payment' }).click()
    await page.locator('.payment-id').getByText('Canceled').waitFor()
  })

  test.runIf(isLongRun)(
    'that is not paid yet comes with the link and the cards to pay it with',
    async () => {
      const page = await open('/payments')
      await page.getByRole('button', { name: 'Test payment' }).click()
      await page.getByLabel('Not paid yet').check()
      await page.getByRole('button', { name: 'Create payment' }).click()
      await page.getByText('4242 4242 4242 4242').waitFor()
      await expectAccessible(page, 'a payment that is not paid yet')
      const link = page.getByRole('link', { name: 'Open the payment page' })
      await expect.poll(() => link.getAttribute('href')).toMatch(/\/pay\/pay_/)
    },
  )

  test.runIf(isLongRun)('cannot be made with a key that may only read', async () => {
    const { body: key } = await api('POST', '/v1/auth/api-keys', {
      body: { scopes: ['payments:read'] },
    })
    const reader = await signIn(browser, { url: server.url, secretKey: key.secret_key })
    await reader.page.goto(`${server.url}/dashboard/payments`)
    await reader.page.getByText(/^Updated/).waitFor()
    expect(await reader.page.getByRole('button', { name: 'Test payment' }).count()).toBe(0)
    await reader.close()
  })
})

describe('the list', () => {
  test('finds by e-mail, metadata, amount and id, and keeps the search in the address', async () => {
    const payment = await createPayment(api, {
      amount: 123_456,
      customer_email: 'find.me@example.com',
      metadata: { order_id: 'F-1' },
    })
    const page = await open('/payments')
    for (const text of ['find.me@example.com', 'order_id=F-1', '1234.56']) {
      await page.getByRole('searchbox').fill(text)
      await page.keyboard.press('Enter')
      await page.getByText(/ is /).first().waitFor()
      await until(
        `only it is found by ${text}`,
        async () => (await page.locator('tbody tr').count()) === 1,
      )
      expect(new URL(page.url()).searchParams.get('q')).toBe(text)
      await page.reload()
      await page.getByRole('link', { name: '$1,234.56' }).waitFor()
    }
    await page.getByRole('searchbox').fill(payment.id)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: '$1,234.56' }).waitFor()
  })

  test('cancels those that are chosen, shows the progress, and names those that were too late', async () => {
    const email = 'many@example.com'
    const ids: string[] = []
    for (let i = 0; i < 3; i++) ids.push((await createPayment(api, { customer_email: email })).id)
    const page = await open(`/payments?q=${email}`)
    await page.getByLabel('Choose all that are loaded and can be canceled').check()
    await page.getByText('3 chosen').waitFor()
    await page.keyboard.press('c')
    await page.getByRole('dialog').waitFor()
    await api('POST', `/v1/payments/${ids[0]}/cancel`)
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel payments' }).click()
    await page.getByRole('heading', { name: '2 payments canceled' }).waitFor()
    await page.getByRole('link', { name: ids[0] as string }).waitFor()
  })

  test('holds a hundred thousand payments with only those in view in the document', async () => {
    await insertPayments(100_000)
    const page = await open('/payments')
    await page.locator('tbody tr').first().waitFor()
    await until('a thousand rows are loaded', async () => (await scrollToEnd(page)) >= 1_000)
    await expect.poll(() => page.locator('tbody tr').count()).toBeLessThan(80)
    await page.getByText(/^Updated/).waitFor()
  })
})

/** Scrolls to the end of what is loaded; returns how many rows that are. */
async function scrollToEnd(page: Page): Promise<number> {
  return await page.locator('.table').evaluate((scroller) => {
    scroller.scrollTop = scroller.scrollHeight
    const rowHeight = scroller.querySelector('tbody tr')?.clientHeight ?? 1
    return Math.round((scroller.querySelector('tbody')?.clientHeight ?? 0) / rowHeight)
  })
}

/** Copies one payment many times, as fast as the database can. */
async function insertPayments(count: number): Promise<void> {
  await createPayment(api)
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  try {
    const { rows } = await client.query<{ column_name: string }>(
      `select column_name from information_schema.columns
       where table_name = 'payments' and column_name <> 'id'`,
    )
    const columns = rows.map((row) => row.column_name).join(', ')
    await client.query(
      `insert into payments (id, ${columns})
       select 'pay_00' || lpad(n::text, 10, '0'), ${columns}
       from (select * from payments where status = 'pending' limit 1) p, generate_series(1, ${count}) n`,
    )
  } finally {
    await client.end()
  }
}
