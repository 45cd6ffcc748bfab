import { expect, test } from 'vitest'
import { comparePaymentKeys } from './payment-key.ts'

test('payments sort by merchant, then mode, then id', () => {
  const sorted = [
    { merchantId: 'mer_a', livemode: false, paymentId: 'pay_1' },
    { merchantId: 'mer_a', livemode: false, paymentId: 'pay_2' },
    { merchantId: 'mer_a', livemode: true, paymentId: 'pay_0' },
    { merchantId: 'mer_b', livemode: false, paymentId: 'pay_0' },
  ]
  expect(sorted.toReversed().toSorted(comparePaymentKeys)).toEqual(sorted)
})

test('a key equals itself', () => {
  const key = { merchantId: 'mer_a', livemode: true, paymentId: 'pay_1' }
  expect(comparePaymentKeys(key, { ...key })).toBe(0)
})
