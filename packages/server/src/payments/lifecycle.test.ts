import { cancelableStatuses, paymentActions, paymentStatuses } from '@hedgepayments/contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { actionsOf, canMove, isAllowed, isFinal, statusesBefore } from './lifecycle.ts'

const status = fc.constantFrom(...paymentStatuses)

/** The contract's table, written down a second time: a change of one must be a change of both. */
const moves = [
  'pending initiated',
  'pending canceled',
  'initiated processing',
  'initiated failed',
  'initiated canceled',
  'processing succeeded',
  'processing failed',
  'succeeded partially_refunded',
  'succeeded refunded',
  'partially_refunded partially_refunded',
  'partially_refunded refunded',
]

test('a payment moves as the contract says and no other way', () => {
  const all = paymentStatuses.flatMap((from) =>
    paymentStatuses.filter((to) => canMove({ from, to })).map((to) => `${from} ${to}`),
  )
  expect(all.sort()).toEqual(moves.sort())
})

test('the statuses before one are exactly those that can move to it', () => {
  fc.assert(
    fc.property(status, status, (from, to) => {
      expect(statusesBefore(to).includes(from)).toBe(canMove({ from, to }))
    }),
  )
})

test('what can be canceled is what the founding page lists', () => {
  expect(statusesBefore('canceled')).toEqual([...cancelableStatuses])
  for (const one of paymentStatuses) {
    expect(isAllowed('cancel', one)).toBe((cancelableStatuses as readonly string[]).includes(one))
  }
})

test('refunded, failed and canceled are final, and nothing can be done to them', () => {
  expect(paymentStatuses.filter(isFinal)).toEqual(['refunded', 'failed', 'canceled'])
  for (const one of paymentStatuses.filter(isFinal)) expect(actionsOf(one)).toEqual([])
})

test('from processing on, no way leads to canceled', () => {
  const reached = new Set(['processing'])
  for (let size = 0; size !== reached.size; ) {
    size = reached.size
    for (const to of paymentStatuses) {
      if (paymentStatuses.some((from) => reached.has(from) && canMove({ from, to })))
        reached.add(to)
    }
  }
  expect(reached.has('canceled')).toBe(false)
  expect(reached.has('succeeded')).toBe(true)
})

test('actions are listed as they are allowed; a payment can be canceled or refunded, never both', () => {
  fc.assert(
    fc.property(status, (one) => {
      expect(actionsOf(one)).toEqual(paymentActions.filter((action) => isAllowed(action, one)))
      expect(isAllowed('cancel', one) && isAllowed('refund', one)).toBe(false)
    }),
  )
})
