import { describe, expect, test } from 'vitest'
import { createPayment } from '../../support/http/api.ts'
import { isLongRun } from '../../support/size.ts'
import { expectAccessible, expectAccessibleInLongRun } from '../accessible.ts'
import { heading, payButton, withCustomers } from './customers.ts'
import { typeCard } from './payment-page.ts'

const customers = withCustomers()
const { fixture, createSession, open, statusOf, sessionOf } = customers

describe('pay', () => {
  test('by card: the customer returns to the shop with the ids of session and payment', async () => {
    const session = await createSession({ success_url: `${customers.shop.url}/thanks` })
    const page = await open(session.url)
    await heading(page, 'Pay ')
    await expect.poll(() => page.getByText('€1,234.56', { exact: true }).count()).toBe(1)
    await expect.poll(() => page.getByText('Two tickets').count()).toBe(1)
    await expectAccessible(page)
    await typeCard(page, '4242424242424242')
    await expect.poll(() => page.getByLabel('Card number').inputValue()).toBe('4242 4242 4242 4242')
    await expect.poll(() => page.getByLabel('Expiry').inputValue()).toBe('12 / 40')
    await expect.poll(() => page.getByText('Visa').count()).toBe(1)
    // The shop answers after the check of the last page, so the browser stays on this page until then.
    const { promise: checked, resolve: leave } = Promise.withResolvers<void>()
    await page.route(`${customers.shop.url}/**`, async (route) => {
      await checked
      await route.continue()
    })
    await payButton(page).click()
    await page.getByRole('heading', { name: /Thank you|Paid/ }).waitFor()
    await expectAccessible(page, 'after the payment', { withContrast: isLongRun })
    leave()
    await page.waitForURL(
      `${customers.shop.url}/thanks?session_id=${session.id}&payment_id=${session.payment_id}`,
    )
    expect((await sessionOf(session.id)).status).toBe('complete')
  })

  test.runIf(isLongRun)('with the keyboard alone, from the link of a payment', async () => {
    const payment = await createPayment(fixture.api)
    const page = await open(payment.url)
    await page.getByLabel('Card number').focus()
    await page.keyboard.type('378282246310005')
    await page.keyboard.press('Tab')
    await page.keyboard.type('11/40')
    await page.keyboard.press('Tab')
    await page.keyboard.type('1234')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: /Thank you|Paid/ }).waitFor()
    expect(await statusOf(payment.id)).toMatch(/initiated|processing|succeeded/)
  })

  test('from a bank account, with an e-mail address that the merchant did not have', async () => {
    const session = await createSession({
      currency: 'USD',
      customer_email: null,
      payment_method_types: ['card', 'ach'],
    })
    const page = await open(session.url)
    await page.getByLabel('E-mail').fill('grace@example.com')
    await page.getByLabel('Bank account').check()
    await page.getByLabel('Account holder').fill('Grace Hopper')
    await page.getByLabel('Routing number').pressSequentially('011401533')
    // Processing for four days. Otherwise the page shows soon that the payment is paid.
    await page.getByLabel('Account number').pressSequentially('1111222233333333')
    await expectAccessibleInLongRun(page)
    await payButton(page).click()
    await heading(page, 'Thank you')
    await page.getByText('some business days').waitFor()
    expect((await sessionOf(session.id)).customer_email).toBe('grace@example.com')
  })

  test('with another card on the same page after a decline', async () => {
    const session = await createSession()
    const page = await open(session.url)
    await typeCard(page, '4000000000009995')
    await payButton(page).click()
    const alert = page.getByRole('alert').filter({ hasText: 'There is not enough money' })
    await alert.waitFor()
    await expect
      .poll(() => alert.evaluate((element) => element === document.activeElement))
      .toBe(true)
    await expectAccessible(page, 'after a decline', { withContrast: isLongRun })
    await page.getByLabel('Card number').fill('5555 5555 5555 4444')
    await payButton(page).click()
    await page.getByRole('heading', { name: /Thank you|Paid/ }).waitFor()
    expect(await statusOf(session.payment_id)).toBe('failed')
    expect((await sessionOf(session.id)).payment_id).not.toBe(session.payment_id)
  })

  test.runIf(isLongRun)('by a link without a session: another card after a decline', async () => {
    const payment = await createPayment(fixture.api)
    const page = await open(payment.url)
    await typeCard(page, '4000000000000002')
    await payButton(page).click()
    await page.getByRole('alert').filter({ hasText: 'The bank declined this payment.' }).waitFor()
    await page.getByLabel('Card number').fill('5555 5555 5555 4444')
    await payButton(page).click()
    await page.getByRole('heading', { name: /Thank you|Paid/ }).waitFor()
    expect(await statusOf(payment.id)).toBe('failed')
  })
})

describe('typed text', () => {
  test('is checked during typing, and each mistake is named', async () => {
    const page = await open((await createSession()).url)
    await page.getByLabel('Card number').pressSequentially('4242424242424241')
    await page.getByText('a digit is wrong').waitFor()
    await page.getByLabel('Expiry').pressSequentially('1020')
    await page.getByText('This card has expired.').waitFor()
    await payButton(page).click()
    await page.getByText('Please fill this in.').waitFor()
    await expect
      .poll(() => page.getByLabel('Card number').getAttribute('aria-invalid'))
      .toBe('true')
    const isFocused = (element: Element) => element === document.activeElement
    await expect.poll(() => page.getByLabel('Card number').evaluate(isFocused)).toBe(true)
    await expectAccessibleInLongRun(page)
  })

  test.runIf(isLongRun)(
    'can be corrected in the middle, and the caret stays in its place',
    async () => {
      const page = await open((await createSession()).url)
      const number = page.getByLabel('Card number')
      await number.pressSequentially('4242942424242424')
      await number.evaluate((input: HTMLInputElement) => input.setSelectionRange(6, 6))
      await page.keyboard.press('Backspace')
      await page.keyboard.press('Backspace')
      await expect.poll(() => number.inputValue()).toBe('4244 2424 2424 24')
      await number.evaluate((input: HTMLInputElement) => input.setSelectionRange(1, 1))
      await page.keyboard.type('99')
      const caret = (input: HTMLInputElement) => input.selectionStart
      await expect.poll(() => number.inputValue()).toBe('4992 4424 2424 2424')
      await expect.poll(() => number.evaluate(caret)).toBe(3)
    },
  )

  test.runIf(isLongRun)('can be filled in automatically, and is stored nowhere', async () => {
    const page = await open((await createSession()).url)
    const expected = { 'Card number': 'cc-number', Expiry: 'cc-exp', 'Security code': 'cc-csc' }
    for (const [label, autocomplete] of Object.entries(expected)) {
      const input = page.getByLabel(label)
      await expect.poll(() => input.getAttribute('autocomplete')).toBe(autocomplete)
      await expect.poll(() => input.getAttribute('inputmode')).toBe('numeric')
    }
    await typeCard(page, '4242424242424242')
    await payButton(page).click()
    await page.getByRole('heading', { name: /Thank you|Paid/ }).waitFor()
    const kept = await page.evaluate(() =>
      JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href]),
    )
    expect(kept).not.toMatch(/4242/)
  })
})

describe('3-D Secure', () => {
  const reachStep = async (link: string, number = '4000000000003220') => {
    const page = await open(link)
    await typeCard(page, number)
    await payButton(page).click()
    await heading(page, 'Confirm with your bank')
    return page
  }

  test('succeeds', async () => {
    const session = await createSession()
    const page = await reachStep(session.url)
    await expectAccessible(page, '3-D Secure', { withContrast: isLongRun })
    await page.getByRole('button', { name: 'Yes, it is me' }).click()
    await page.getByRole('heading', { name: /Thank you|Paid/ }).waitFor()
  })

  test.runIf(isLongRun)('fails, and another card can be tried', async () => {
    const session = await createSession()
    const page = await reachStep(session.url, '4000000000003063')
    await page.getByRole('button', { name: 'Yes, it is me' }).click()
    await page.getByText('could not confirm that it is you').waitFor()
    await typeCard(page, '4242424242424242')
    await payButton(page).click()
    await page.getByRole('heading', { name: /Thank you|Paid/ }).waitFor()
  })

  test.runIf(isLongRun)('continues after a reload', async () => {
    const session = await createSession()
    const page = await reachStep(session.url)
    await page.reload()
    await page.getByRole('button', { name: 'No, refuse' }).click()
    await page.getByText('could not confirm that it is you').waitFor()
  })

  test.runIf(isLongRun)(
    'ends at once when the payment is canceled, and nothing is captured',
    async () => {
      const session = await createSession()
      const page = await reachStep(session.url)
      await fixture.api('POST', `/v1/payments/${session.payment_id}/cancel`)
      await heading(page, 'Canceled')
      await expectAccessible(page)
      expect(await statusOf(session.payment_id)).toBe('canceled')
    },
  )
})
