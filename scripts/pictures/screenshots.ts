import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { launchBrowser } from '../../tests/browser/browser.ts'
import { request, secretKey } from './demo-server.ts'

/** Longer than the sandbox needs for a payment, and than the dashboard's plots lag behind. */
const processingMs = 6_000

/** Creates the payments of a day, and photographs the dashboard and the payment page. */
export async function takeScreenshots(url: string, folder: string): Promise<void> {
  await createPayments(url)
  const browser = await launchBrowser()
  try {
    const page = await browser.newPage({
      viewport: { width: 1200, height: 750 },
      colorScheme: 'light',
      reducedMotion: 'reduce',
    })
    const shoot = (name: string) => screenshot(page, join(folder, `${name}.png`))
    await page.goto(`${url}/dashboard`)
    await page.getByLabel('Secret key').fill(secretKey)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('heading', { name: 'Volume' }).waitFor()
    await shoot('dashboard-overview')
    await page.goto(`${url}/dashboard/payments`)
    await page.locator('tbody tr').nth(5).waitFor()
    await shoot('dashboard-payments')
    await page.goto(`${url}/dashboard/payments?status=initiated`)
    await page.locator('.row-link').first().click()
    await page.getByRole('button', { name: 'Cancel payment' }).click()
    await page.getByRole('dialog').waitFor()
    await shoot('dashboard-cancel')
    await page.goto(await createCheckout(url))
    await page.getByLabel('Card number').pressSequentially('4242424242424242')
    await page.getByLabel('Expiry').pressSequentially('1240')
    await shoot('payment-page')
  } finally {
    await browser.close()
  }
}

/** Creates payments over twelve hours of the test clock: most succeed, some fail or are canceled. */
async function createPayments(url: string): Promise<void> {
  const customers = ['ada.lovelace', 'grace.hopper', 'alan.turing', 'emmy.noether', 'radia.perlman']
  const goods = ['Hiking boots', 'Ceramic lamp', 'Team plan, March', 'Espresso beans, 1 kg']
  const reasons = ['customer_requested', 'customer_requested', 'duplicate', 'out_of_stock']
  for (let hour = 0; hour < 12; hour++) {
    for (let i = 0; i < 6 + ((hour * 5) % 7); i++) {
      const n = hour * 31 + i * 7
      const kind = n % 10
      const token = kind === 9 ? 'tok_chargeDeclined' : 'tok_visa'
      const { id } = await request<{ id: string }>(url, '/v1/payments', {
        amount: 1_900 + ((n * 7_919) % 24_000),
        currency: 'USD',
        customer_email: `${customers[n % customers.length]}@example.com`,
        description: goods[n % goods.length],
        metadata: { order_id: `A-${1_000 + n}` },
        cancel_window: kind === 4 ? 900 : 0,
        ...(kind < 2 ? {} : { initiate: true, payment_method_token: token }),
      })
      if (kind < 1) await request(url, `/v1/payments/${id}/cancel`, { reason: reasons[i % 4] })
    }
    if (hour < 11) await request(url, '/v1/test/clock/advance', { seconds: 3_600 })
  }
  await sleep(processingMs)
}

/** Returns the link of a checkout session. */
async function createCheckout(url: string): Promise<string> {
  const session = await request<{ url: string }>(url, '/v1/checkout/sessions', {
    amount: 12_900,
    currency: 'USD',
    customer_email: 'ada.lovelace@example.com',
    description: 'Hiking boots, size 39',
    payment_method_types: ['card', 'ach'],
    cancel_url: 'https://shop.example.com/cart',
  })
  return session.url
}

async function screenshot(page: Page, path: string): Promise<void> {
  await page.screenshot({ path, animations: 'disabled' })
  console.log(path)
}
