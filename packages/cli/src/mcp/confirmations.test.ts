import { describe, expect, test } from 'vitest'
import { Confirmations, canonical, confirmationMs } from './confirmations.ts'

const binding = { action: 'refund_payment', account: 'a', args: '{"payment_id":"pay_1"}' }
const pin = { ifMatch: '"1"' }

function setup() {
  const clock = { nowMs: 1_000 }
  const confirmations = new Confirmations(() => clock.nowMs)
  const codeOf = (token: string, of = binding) => {
    try {
      confirmations.take(token, of)
      return 'taken'
    } catch (error) {
      return (error as { code: string }).code
    }
  }
  return { clock, confirmations, codeOf }
}

describe('a confirmation', () => {
  test('is valid once, and returns the state that the dry run saw', () => {
    const { confirmations, codeOf } = setup()
    const token = confirmations.issue(binding, pin)
    expect(confirmations.take(token, binding)).toEqual(pin)
    expect(codeOf(token)).toBe('confirmation_in_use')
    confirmations.finish(token)
    expect(codeOf(token)).toBe('confirmation_used')
  })

  test('may be used again if the result of the change is unknown', () => {
    const { confirmations, codeOf } = setup()
    const token = confirmations.issue(binding, pin)
    confirmations.take(token, binding)
    confirmations.release(token)
    expect(codeOf(token)).toBe('taken')
  })

  test('expires after five minutes', () => {
    const { clock, confirmations, codeOf } = setup()
    const [early, late] = [confirmations.issue(binding, pin), confirmations.issue(binding, pin)]
    clock.nowMs += confirmationMs - 1
    expect(codeOf(early)).toBe('taken')
    clock.nowMs += 1
    expect(codeOf(late)).toBe('confirmation_expired')
    expect(confirmationMs).toBe(300_000)
  })

  test.each([{ action: 'cancel_payment' }, { account: 'b' }, { args: '{"payment_id":"pay_2"}' }])(
    'is not valid for another change: %j',
    (other) => {
      const { confirmations, codeOf } = setup()
      const token = confirmations.issue(binding, pin)
      expect(codeOf(token, { ...binding, ...other })).toBe('confirmation_mismatch')
      expect(codeOf(token)).toBe('taken')
    },
  )

  test('is deleted after a thousand newer ones, so memory is bounded', () => {
    const { confirmations, codeOf } = setup()
    const token = confirmations.issue(binding, pin)
    for (let n = 0; n < 1_000; n++) confirmations.issue(binding, pin)
    expect(codeOf(token)).toBe('confirmation_unknown')
  })
})

test('equal arguments have the same canonical text, in any order', () => {
  const one = { payment_id: 'pay_1', metadata: { b: '2', a: '1' }, amount: undefined }
  const two = { metadata: { a: '1', b: '2' }, payment_id: 'pay_1' }
  expect(canonical(one)).toBe(canonical(two))
  expect(canonical({ ids: ['b', 'a'] })).not.toBe(canonical({ ids: ['a', 'b'] }))
})
