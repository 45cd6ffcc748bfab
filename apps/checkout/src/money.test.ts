import { expect, test } from 'vitest'
import { formatMoney } from './money.ts'

test('amounts have the decimals of their currency and the signs of the language', () => {
  const plain = (text: string) => text.replaceAll(/\s/g, ' ')
  expect(formatMoney(9999, 'USD', 'en')).toBe('$99.99')
  expect(plain(formatMoney(123_456, 'EUR', 'de'))).toBe('1.234,56 €')
  expect(formatMoney(5000, 'JPY', 'en')).toBe('¥5,000')
  expect(plain(formatMoney(1234, 'KWD', 'en'))).toBe('KWD 1.234')
})
