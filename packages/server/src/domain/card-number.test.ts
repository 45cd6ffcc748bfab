import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { holdsCardNumber } from './card-number.ts'
import { parsePaymentToken } from './payment-token.ts'

/** A number with a valid Luhn check digit. */
const cardNumber = fc
  .tuple(
    fc.constantFrom('2', '3', '4', '5', '6'),
    fc.array(fc.nat(9), { minLength: 11, maxLength: 17 }),
  )
  .map(([first, rest]) => {
    const digits = [Number(first), ...rest]
    const sum = [...digits].reverse().reduce((total, digit, at) => {
      const doubled = at % 2 === 0 ? digit * 2 : digit
      return total + (doubled > 9 ? doubled - 9 : doubled)
    }, 0)
    return [...digits, (10 - (sum % 10)) % 10].join('')
  })

/** The zeros of several scripts and styles of digits in Unicode. */
const zeros = [0x30, 0x660, 0x6f0, 0x966, 0x9e6, 0xff10, 0x1d7ce, 0x1d7f6, 0x1e950]
const inScript = (number: string, zero: number) =>
  number.replaceAll(/\d/g, (digit) => String.fromCodePoint(zero + Number(digit)))

const disguises: readonly ((number: string) => string)[] = [
  (number) => number,
  (number) => `pm_${number}`,
  (number) => `x${number}y`,
  (number) => `tok_${number.replaceAll(/(\d{4})/g, '$1-')}`,
  (number) => number.replaceAll(/(\d{4})/g, '$1 '),
  (number) => number.replaceAll(/(\d{4})/g, '$1.'),
  (number) => number.replaceAll(/(\d{4})/g, '$1__'),
  (number) => [...number].join(' '),
  (number) => [...number].join('\u00a0\u200b'),
  (number) => number.slice(0, 12).replaceAll(/(\d{4})/g, '$1x') + number.slice(12).padStart(4, '0'),
  (number) => [...number].map((digit) => `%3${digit}`).join(''),
  (number) => encodeURIComponent(number.replaceAll(/(\d{4})/g, '$1 ')),
  (number) => `0000${number}`,
  ...zeros.map((zero) => (number: string) => inScript(number, zero)),
]

describe('a card number', () => {
  test('is found in every notation, and is never accepted as a token', () => {
    const disguise = fc.constantFrom(...disguises.keys())
    fc.assert(
      fc.property(cardNumber, disguise, (number, which) => {
        // A last group of less than four digits is not found behind letters.
        fc.pre(which !== 9 || number.length === 16)
        const text = disguises[which]?.(number) ?? ''
        expect(holdsCardNumber(text), text).toBe(true)
        expect(parsePaymentToken(text)).toHaveProperty('fault')
      }),
    )
  })

  test.each(['4242424242424242', '4000056655665556', '3782 822463 10005', '4222222222222'])(
    '%s is found in every notation',
    (number) => {
      for (const disguise of disguises.filter((_, index) => index !== 9)) {
        expect(holdsCardNumber(disguise(number))).toBe(true)
        expect(parsePaymentToken(disguise(number))).toHaveProperty('fault')
      }
    },
  )

  test.each([
    'tok_visa',
    'pm_1QxYzA2eZvKYlo2C0abcdEFG',
    'pm_card_threeDSecureRequired',
    'src_4f9a1c7be2',
    '3f0c9f6e-8a1b-4c2d-9e7f-5b6a7c8d9e0f',
    'tokencc_bh_rdjmsc_76vjtq_9tzsv3_4467mg_tt4',
    'seti_1:pm_2/card=3',
  ])('is not found in the token %s', (text) => {
    expect(holdsCardNumber(text)).toBe(false)
    expect(parsePaymentToken(text)).toEqual({ token: text })
  })

  test('is found only with a valid Luhn check digit, and digits without one are not accepted as a token either', () => {
    expect(holdsCardNumber('1111111111111111')).toBe(false)
    expect(parsePaymentToken('pm_1111111111111111')).toEqual({ fault: 'a number' })
    expect(parsePaymentToken('424242424242')).toEqual({ fault: 'a number' })
  })

  test.each([
    '',
    ' ',
    'tok visa',
    'tok_vísa',
    'tok_visa\n',
    '%74ok',
    '-tok',
    'tok_visa\u200b',
    '💳',
  ])('%j is not accepted as a token', (text) => {
    expect(parsePaymentToken(text)).toEqual({ fault: 'something else' })
  })

  test('a text of a few hundred characters is checked quickly, whatever it contains', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9a ]{255}$/), (text) => {
        expect(typeof holdsCardNumber(text)).toBe('boolean')
      }),
    )
  })
})
