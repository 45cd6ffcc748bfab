// `node scripts/screenshots.ts`: the README's screenshots, taken from the running product. Starts a
// server on data of its own, lives a few minutes of a shop's life in it, and photographs that.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { launchBrowser } from '../tests/browser/browser.ts'

const root = join(import.meta.dirname, '..')
const images = join(root, 'docs/images')
const secretKey = 'sk_test_OnlyForTheScreenshotsOfHedge'

const dataDir = await mkdtemp(join(tmpdir(), 'hedge-screenshots-'))
const server = spawn(process.execPath, [join(root, 'packages/server/src/main.ts')], {
  env: {
    PATH: process.env.PATH,
    PORT: '0',
    HEDGE_DATA_DIR: dataDir,
    HEDGE_API_SECRET: secretKey,
    LOG_LEVEL: 'fatal',
  },
  stdio: ['ignore', 'pipe', 'inherit'],
})
const exited = once(server, 'exit')

try {
  const url = await readUrl()
  await live(url)
  await mkdir(images, { recursive: true })
  await photograph(url)
} finally {
  server.kill('SIGTERM')
  await exited
  await rm(dataDir, { recursive: true, force: true })
}

async function readUrl(): Promise<string> {
  for await (const line of createInterface({ input: server.stdout })) {
    const url = /^Hedge Payments is ready at (\S+)$/.exec(line)?.[1]
    if (url) {
      server.stdout.resume()
      return url
    }
  }
  throw new Error('the server did not start')
}

/** Payments of a day: most succeed, some fail, are canceled or refunded. */
async function live(url: string): Promise<void> {
  const customers = ['ada.lovelace', 'grace.hopper', 'alan.turing', 'emmy.noether', 'radia.perlman']
  const goods = ['Hiking boots', 'Ceramic lamp', 'Team plan, March', 'Espresso beans, 1 kg']
  const reasons = ['customer_requested', 'customer_requested', 'duplicate', 'out_of_stock']
  for (let hour = 0; hour < 12; hour++) {
    for (let i = 0; i < 6 + ((hour * 5) % 7); i++) {
      const n = hour * 31 + i * 7
      const kind = n % 10
      const payment = await api(url, '/v1/payments', {
        amount: 1_900 + ((n * 7_919) % 24_000),
        currency: 'USD',
        customer_email: `${customers[n % customers.length]}@example.com`,
        description: goods[n % goods.length],
        metadata: { order_id: `A-${1_000 + n}` },
        cancel_window: kind === 4 ? 900 : 0,
        ...(kind < 2 ? {} : { initiate: true }),
        ...(kind < 2
          ? {}
          : { payment_method_token: kind === 9 ? 'tok_chargeDeclined' : 'tok_visa' }),
      })
      if (kind < 1) await api(url, `/v1/payments/${payment.id}/cancel`, { reason: reasons[i % 4] })
    }
    if (hour < 11) await api(url, '/v1/test/clock/advance', { seconds: 3_600 })
  }
  // Longer than the processor of test mode takes, and than the plots are behind.
  await sleep(6_000)
}

async function api(url: string, path: string, body: object): Promise<{ id: string; url: string }> {
  const response = await fetch(url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${secretKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`POST ${path}: ${response.status} ${await response.text()}`)
  return (await response.json()) as { id: string; url: string }
}

/** The link of something to buy. */
async function checkout(url: string): Promise<string> {
  const session = await api(url, '/v1/checkout/sessions', {
    amount: 12_900,
    currency: 'USD',
    customer_email: 'ada.lovelace@example.com',
    description: 'Hiking boots, size 39',
    payment_method_types: ['card', 'ach'],
    cancel_url: 'https://shop.example.com/cart',
  })
  return session.url
}

async function photograph(url: string): Promise<void> {
  const browser = await launchBrowser()
  try {
    const page = await browser.newPage({
      viewport: { width: 1200, height: 750 },
      colorScheme: 'light',
      reducedMotion: 'reduce',
    })
    await page.goto(`${url}/dashboard`)
    await page.getByLabel('Secret key').fill(secretKey)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('heading', { name: 'Volume' }).waitFor()
    await shoot(page, 'dashboard-overview')
    await page.goto(`${url}/dashboard/payments`)
    await page.locator('tbody tr').nth(5).waitFor()
    await shoot(page, 'dashboard-payments')
    await page.goto(`${url}/dashboard/payments?status=initiated`)
    await page.locator('.row-link').first().click()
    await page.getByRole('button', { name: 'Cancel payment' }).click()
    await page.getByRole('dialog').waitFor()
    await shoot(page, 'dashboard-cancel')
    await page.goto(await checkout(url))
    await page.getByLabel('Card number').pressSequentially('4242424242424242')
    await page.getByLabel('Expiry').pressSequentially('1240')
    await shoot(page, 'payment-page')
  } finally {
    await browser.close()
  }
}

async function shoot(page: Page, name: string): Promise<void> {
  const path = join(images, `${name}.png`)
  await page.screenshot({ path, animations: 'disabled' })
  console.log(path)
}
