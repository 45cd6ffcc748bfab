import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createPayment } from '../../support/http/api.ts'
import { createPaid } from '../../support/payments/paid.ts'
import { isLongRun } from '../../support/size.ts'
import { until } from '../../support/until.ts'
import { withBrowser } from '../with-browser.ts'
import { signIn, type Visitor, visit } from './dashboard.ts'

const fixture = withBrowser()
let visitor: Visitor
let page: Page

beforeAll(async () => {
  visitor = await signIn(fixture.browser, fixture.server)
  page = visitor.page
})

afterEach(() => page.unrouteAll())

afterAll(async () => {
  await visitor?.close()
})

const paymentOf = async (id: string) => (await fixture.api('GET', `/v1/payments/${id}`)).body
const open = (path: string) => visitor.open(path)
const button = (name: string | RegExp) => page.getByRole('button', { name })
const becomes = (id: string, status: string) =>
  until(`${id} is ${status}`, async () => (await paymentOf(id)).status === status)

/** Presses keys without a wait between them. The browser queues them. */
async function typeAtOnce(...keys: readonly string[]): Promise<void> {
  await typeInto(page, keys)
}

async function typeInto({ keyboard }: Page, keys: readonly string[]): Promise<void> {
  await Promise.all(keys.flatMap((key) => [keyboard.down(key), keyboard.up(key)]))
}

/** Imitates a browser that is too busy to draw: no frame is drawn any more. */
async function stopDrawing(): Promise<void> {
  await page.evaluate(() => {
    window.requestAnimationFrame = () => 0
  })
}

async function openPayment(id: string, action: string): Promise<void> {
  await open(`/payments/${id}`)
  await button(action).waitFor()
}

describe('keys that are typed at once, before anything is drawn,', () => {
  test('cancel a payment: c, the number of a reason, Enter', async () => {
    const { id } = await createPayment(fixture.api)
    await openPayment(id, 'Cancel payment')
    await stopDrawing()
    await typeAtOnce('c', '2', 'Enter')
    await becomes(id, 'canceled')
    expect((await paymentOf(id)).cancellation_reason).toBe('duplicate')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
  })

  test.runIf(isLongRun)('cancel a payment with a reason that is typed', async () => {
    const { id } = await createPayment(fixture.api)
    await openPayment(id, 'Cancel payment')
    await stopDrawing()
    // From the first reason up to the last choice, and on to its text.
    await typeAtOnce('c', 'ArrowUp', 'Tab', ...'2 late', 'Enter')
    await becomes(id, 'canceled')
    expect((await paymentOf(id)).cancellation_reason).toBe('2 late')
  })

  test.runIf(isLongRun)('close the dialog again: c, Escape', async () => {
    const { id } = await createPayment(fixture.api)
    await openPayment(id, 'Cancel payment')
    await stopDrawing()
    await typeAtOnce('c', 'Escape', 'c', 'Escape', 'c', '3', 'Enter')
    await becomes(id, 'canceled')
    expect((await paymentOf(id)).cancellation_reason).toBe('fraudulent')
  })

  test.runIf(isLongRun)('refund what is typed: r, the amount, Enter', async () => {
    const { id } = await createPaid(fixture.api, { amount: 10_000 })
    await openPayment(id, 'Refund')
    await stopDrawing()
    await typeAtOnce('r', ...'12.34', 'Enter')
    await becomes(id, 'partially_refunded')
    expect((await paymentOf(id)).refunded_amount).toBe(1_234)
  })

  test.runIf(isLongRun)(
    'cancel the payments that are chosen: c, the number of a reason, Enter',
    async () => {
      const email = 'burst@example.com'
      const { id } = await createPayment(fixture.api, { customer_email: email })
      await open(`/payments?q=${email}`)
      await page.getByLabel('Choose all that are loaded and can be canceled').check()
      await stopDrawing()
      await typeAtOnce('c', '4', 'Enter', 'Enter')
      await becomes(id, 'canceled')
      expect((await paymentOf(id)).cancellation_reason).toBe('out_of_stock')
      await page.getByRole('heading', { name: '1 payment canceled' }).waitFor()
    },
  )

  test.runIf(isLongRun)('create a test payment of the amount', async () => {
    await open('/payments')
    await button('Test payment').focus()
    await stopDrawing()
    await typeAtOnce('Enter', ...'17.77', 'Enter')
    await page.getByRole('heading', { name: '$17.77' }).waitFor()
  })

  test('create one key, though Enter is pressed twice, and leave its secret on screen', async () => {
    await open('/keys')
    await button('Create key').focus()
    await stopDrawing()
    await typeAtOnce('Enter', ...'Twice', 'Enter', 'Enter', 'Enter')
    await page.getByRole('dialog', { name: 'Your new key' }).waitFor()
    const { body } = await fixture.api('GET', '/v1/auth/api-keys?limit=100')
    expect(body.data.filter((key: { name: string | null }) => key.name === 'Twice')).toHaveLength(1)
    await page.keyboard.press('Enter')
    await expect.poll(() => page.getByRole('dialog', { name: 'Your new key' }).count()).toBe(1)
  })

  test.runIf(isLongRun)(
    'revoke no key at once: the first Enter chooses the button that keeps it',
    async () => {
      const { body: key } = await fixture.api('POST', '/v1/auth/api-keys', {
        body: { name: 'Kept' },
      })
      await open('/keys')
      await button('Revoke Kept').focus()
      await stopDrawing()
      await typeAtOnce('Enter', 'Enter')
      await page.getByRole('dialog').waitFor({ state: 'hidden' })
      await typeAtOnce('Enter', 'Tab', 'Enter')
      await until('the key is revoked', async () => {
        const { body } = await fixture.api('GET', '/v1/auth/api-keys?limit=100')
        return body.data.some(
          (each: { id: string; revoked_at: string | null }) =>
            each.id === key.id && each.revoked_at !== null,
        )
      })
    },
  )

  test.runIf(isLongRun)('add one endpoint', async () => {
    await open('/webhooks')
    await button('Add endpoint').first().focus()
    await stopDrawing()
    await typeAtOnce('Enter', ...'https://example.com/keys', 'Enter', 'Enter')
    await page.getByRole('dialog', { name: 'Signing secret' }).waitFor()
    const { body } = await fixture.api('GET', '/v1/webhooks/endpoints')
    expect(body.data).toHaveLength(1)
  })

  test.runIf(isLongRun)('search, and search again', async () => {
    await open('/payments')
    await page.getByRole('searchbox').waitFor()
    await stopDrawing()
    await typeAtOnce('/', ...'order_id=', 'Enter', ...'7', 'Enter')
    await page.getByText('Metadata order_id is 7').waitFor()
    expect(new URL(page.url()).searchParams.get('q')).toBe('order_id=7')
  })

  test('sign in: the key, Enter', async () => {
    const newcomer = await visit(fixture.browser, fixture.server.url)
    await newcomer.open('')
    await newcomer.page.getByLabel('Secret key').waitFor()
    await typeInto(newcomer.page, [...fixture.server.secretKey, 'Enter'])
    await newcomer.page.getByRole('navigation', { name: 'Sections' }).waitFor()
    newcomer.expectClean()
    await newcomer.close()
  })
})

/** Waits until a cancel that was sent has its effect. A busy machine may answer too late or refuse it once. */
async function cancelsInTheEnd(id: string): Promise<void> {
  const problem = page.getByRole('dialog').getByRole('alert')
  await until(`${id} is canceled`, async () => {
    if ((await paymentOf(id)).status === 'canceled') return true
    // The dialog keeps the reason, and Enter tries again.
    if (await problem.isVisible()) await page.keyboard.press('Enter')
    return false
  })
}

describe('a key reaches the dialog', () => {
  test.runIf(isLongRun)(
    'on a machine that is twenty times slower, while other payments change',
    async () => {
      const debug = await page.context().newCDPSession(page)
      for (let round = 0; round < 5; round++) {
        const { id } = await createPayment(fixture.api)
        await openPayment(id, 'Cancel payment')
        await debug.send('Emulation.setCPUThrottlingRate', { rate: 20 })
        const changes = Promise.all([1, 2, 3].map(() => createPayment(fixture.api)))
        const request = page.waitForRequest(`**/payments/${id}/cancel`)
        await typeAtOnce('c', '2', 'Enter')
        expect((await request).postDataJSON()).toEqual({ reason: 'duplicate' })
        await changes
        await debug.send('Emulation.setCPUThrottlingRate', { rate: 1 })
        await cancelsInTheEnd(id)
      }
    },
  )

  test.runIf(isLongRun)('after a click between its fields', async () => {
    const { id } = await createPayment(fixture.api)
    await openPayment(id, 'Cancel payment')
    await page.keyboard.press('c')
    await page.getByRole('heading', { name: 'Cancel this payment?' }).click()
    await page.keyboard.press('Enter')
    await becomes(id, 'canceled')
  })

  test.runIf(isLongRun)('after its button was disabled for a request that failed', async () => {
    const { id } = await createPayment(fixture.api)
    await openPayment(id, 'Cancel payment')
    await button('Cancel payment').click()
    await page.route('**/cancel', (route) => route.abort('connectionreset'), { times: 1 })
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Cancel payment' }).click()
    await dialog.getByText('No answer from the server').waitFor()
    await typeAtOnce('3', 'Enter')
    await becomes(id, 'canceled')
    expect((await paymentOf(id)).cancellation_reason).toBe('fraudulent')
  })

  test('and is no shortcut of the page behind the dialog when nothing has the focus', async () => {
    const { id } = await createPaid(fixture.api, { amount: 10_000 })
    await openPayment(id, 'Refund')
    await page.keyboard.press('r')
    await page.getByLabel('Reason (optional)').focus()
    await page.evaluate(() => (document.activeElement as HTMLElement).blur())
    await typeAtOnce(...'cracked', 'Enter')
    await becomes(id, 'refunded')
    expect((await paymentOf(id)).refunds[0].reason).toBe('cracked')
  })

  test.runIf(isLongRun)(
    'unless the key is the Enter that opened the dialog and is still pressed',
    async () => {
      const { id } = await createPayment(fixture.api)
      await openPayment(id, 'Cancel payment')
      await button('Cancel payment').focus()
      for (let repeat = 0; repeat < 5; repeat++) await page.keyboard.down('Enter')
      await page.keyboard.up('Enter')
      await page.getByRole('dialog').waitFor()
      expect((await paymentOf(id)).status).toBe('pending')
      await page.keyboard.press('Enter')
      await becomes(id, 'canceled')
    },
  )
})

test('a cancel without an answer says so, also when no other request is answered', async () => {
  const { id } = await createPayment(fixture.api)
  await openPayment(id, 'Cancel payment')
  await page.keyboard.press('c')
  const dialog = page.getByRole('dialog')
  await dialog.waitFor()
  // The page loads the payment again after each try. This request is never answered.
  await page.route('**/v1/**', async (route) => {
    if (route.request().method() === 'POST') await route.abort('connectionreset')
  })
  await page.keyboard.press('Enter')
  await dialog.getByText('Whether it was canceled is not known').waitFor()
  await page.unroute('**/v1/**')
  await page.keyboard.press('Enter')
  await becomes(id, 'canceled')
})
