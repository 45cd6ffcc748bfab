import { currencies } from '@hedgepayments/contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { toStripeAmount } from './amounts.ts'
import { stripeRules } from './rules.ts'

const anyMoney = fc.record({
  minor: fc.integer({ min: 1, max: 99_999_999 }),
  currency: fc.constantFrom(...currencies),
})
const check = (money: { minor: number; currency: string }) =>
  stripeRules.checkNew({ money, methods: ['card'], statementDescriptor: null })

test('an accepted amount is a positive number of at most eight digits at Stripe', () => {
  fc.assert(
    fc.property(anyMoney, (money) => {
      if (check(money)) return
      const amount = toStripeAmount(money)
      expect(amount).toBeGreaterThanOrEqual(1)
      expect(amount).toBeLessThanOrEqual(99_999_999)
    }),
  )
})

test('the amount that a refusal names is accepted, and so is every part that is a multiple of the step', () => {
  fc.assert(
    fc.property(anyMoney, ({ minor, currency }) => {
      const found = check({ minor, currency })
      if (found?.field !== 'amount') return
      const named = Number(/\d+/.exec(found.expected)?.[0])
      if (!found.expected.startsWith('a multiple')) {
        expect(check({ minor: named, currency })).toBeNull()
      }
      if (found.expected.startsWith('a multiple')) {
        const part = { minor: Math.ceil(minor / named) * named, currency }
        expect(stripeRules.checkPart(part)).toBeNull()
      }
    }),
  )
})

test('Stripe supports most currencies of ISO 4217, and not those under sanctions or without cash', () => {
  const unknown = [...currencies].filter((currency) => check({ minor: 99_900, currency }) !== null)
  expect(unknown.join(' ')).toBe(
    'BOV CHE CHW CLF COU CUP ERN IQD IRR KPW LYD MRU MXV SDG SSP STN SYP TMT USN ' +
      'UYI UYW VED VES ZWG',
  )
})
