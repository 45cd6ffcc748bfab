import { expect, test } from 'vitest'
import { isAccountNumber, isRoutingNumber } from './bank-account.ts'

test('a routing number has nine digits and a valid check digit', () => {
  expect(isRoutingNumber('011401533')).toBe(true)
  expect(isRoutingNumber('011401534')).toBe(false)
  expect(isRoutingNumber('000000000')).toBe(false)
  expect(isRoutingNumber('01140153')).toBe(false)
})

test('an account number has 4 to 17 digits', () => {
  expect(isAccountNumber('1111222233330000')).toBe(true)
  expect(isAccountNumber('123')).toBe(false)
  expect(isAccountNumber('123456789012345678')).toBe(false)
})
