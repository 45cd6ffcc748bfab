import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readMethodDetails } from './method-details.ts'

const card = { brand: 'visa', last4: '4242', exp_month: 8, exp_year: 2031, country: 'US' }
const nothing = { brand: null, last4: null, exp_month: null, exp_year: null, country: null }
const noBank = { wallet: null, bank_name: null }

test('a card has its brand, last four digits, expiry, country and wallet', () => {
  const wallet = { type: 'apple_pay', dynamic_last4: '1111' }
  expect(readMethodDetails({ type: 'card', card: { ...card, wallet, fingerprint: 'x' } })).toEqual({
    type: 'card',
    ...card,
    wallet: 'apple_pay',
    bank_name: null,
  })
})

test('an account has its bank and last four digits', () => {
  const account = { bank_name: 'First Bank', last4: '6789', routing_number: '110000000' }
  expect(readMethodDetails({ type: 'us_bank_account', us_bank_account: account })).toEqual({
    ...nothing,
    type: 'ach',
    last4: '6789',
    wallet: null,
    bank_name: 'First Bank',
  })
})

test('a payment with Link has the country and the wallet', () => {
  const details = readMethodDetails({ type: 'link', link: { country: 'DE' } })
  expect(details).toEqual({ ...nothing, ...noBank, type: 'card', country: 'DE', wallet: 'link' })
})

test.each([null, undefined, 'card', [], {}, { type: 'ideal' }, { type: 'constructor' }])(
  '%j names no payment method that is known here',
  (named) => {
    expect(readMethodDetails(named)).toBeUndefined()
  },
)

test('no text of Stripe makes a number of a card part of the details', () => {
  const numbers = ['4242424242424242', '4242 4242 4242 4242', '378282246310005']
  for (const number of numbers) {
    const given = { brand: number, last4: number, country: number, bank_name: `Bank ${number}` }
    const details = readMethodDetails({
      type: 'card',
      card: { ...given, wallet: { type: number } },
    })
    expect(details).toEqual({ ...nothing, ...noBank, type: 'card' })
  }
})

test('an answer of any form is read without an exception, and only in the form of the contract', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom('card', 'us_bank_account'), (value, type) => {
      const details = readMethodDetails({ type, [type]: value })
      expect(details?.last4 ?? '0000').toMatch(/^[0-9]{4}$/)
      expect(details?.exp_month ?? 1).toBeLessThanOrEqual(12)
      expect(details?.country ?? 'US').toMatch(/^[A-Z]{2}$/)
    }),
  )
})
