import { describe, expect, test } from 'vitest'
import {
  brandOf,
  cardDigits,
  expiryProblem,
  formatCard,
  formatExpiry,
  isCompleteCard,
  parseExpiry,
  passesLuhn,
} from './card.ts'

const cards: readonly [string, string, string][] = [
  ['4242424242424242', 'Visa', '4242 4242 4242 4242'],
  ['5555555555554444', 'Mastercard', '5555 5555 5555 4444'],
  ['2223003122003222', 'Mastercard', '2223 0031 2200 3222'],
  ['378282246310005', 'American Express', '3782 822463 10005'],
  ['6011111111111117', 'Discover', '6011 1111 1111 1117'],
  ['3566002020360505', 'JCB', '3566 0020 2036 0505'],
  ['36227206271667', 'Diners Club', '3622 720627 1667'],
]

test.each(cards)('%s is recognized as a complete number of %s', (digits, brand, shown) => {
  expect(brandOf(digits).name).toBe(brand)
  expect(formatCard(digits)).toBe(shown)
  expect(cardDigits(shown)).toBe(digits)
  expect(isCompleteCard(digits)).toBe(true)
  expect(passesLuhn(digits)).toBe(true)
})

test('any single wrong digit is detected', () => {
  for (let i = 0; i < 16; i++) {
    const digit = (Number('4242424242424242'[i]) + 1) % 10
    const wrong = `${'4242424242424242'.slice(0, i)}${digit}${'4242424242424242'.slice(i + 1)}`
    expect(passesLuhn(wrong), wrong).toBe(false)
  }
})

test('a number is limited to the length of its network', () => {
  expect(cardDigits('5555 5555 5555 4444 99')).toBe('5555555555554444')
  expect(cardDigits('3782 822463 10005 1')).toBe('378282246310005')
})

test.each([
  ['1', '1'],
  ['4', '04'],
  ['12', '12'],
  ['123', '12 / 3'],
  ['12/34', '12 / 34'],
  ['12 / 34', '12 / 34'],
  ['3/2034', '03 / 34'],
  ['2034-12', '12 / 34'],
])('an expiry typed as %s is shown as %s', (typed, shown) => {
  expect(formatExpiry(typed)).toBe(shown)
})

describe('an expiry date', () => {
  const now = new Date('2026-11-23T12:00:00Z')
  test.each([
    ['11 / 26', null],
    ['10 / 26', 'past'],
    ['13 / 27', 'invalid'],
    ['00 / 27', 'invalid'],
    ['12 / 99', 'invalid'],
  ])('%s gives %s', (typed, problem) => {
    expect(expiryProblem(parseExpiry(typed) ?? { month: 0, year: 0 }, now)).toBe(problem)
  })
  test('is incomplete while the customer types it', () => {
    expect(parseExpiry('12 / 3')).toBeNull()
  })
})
