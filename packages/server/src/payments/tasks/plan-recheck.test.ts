import { expect, test } from 'vitest'
import { plusSeconds } from '../../domain/time.ts'
import { nextRecheckOf } from './plan-recheck.ts'

const createdAt = '2030-06-15T10:32:00Z'
const daysLater = (days: number) => plusSeconds(createdAt, days * 86_400)

/** The day of the next look-up, counted from the payment. */
function nextDay(day: number, refundDay: number | null): number | null {
  const refundedAt = refundDay === null ? null : daysLater(refundDay)
  const next = nextRecheckOf({ createdAt, refundedAt, now: daysLater(day) })
  return next === null ? null : (Date.parse(next) - Date.parse(createdAt)) / 86_400_000
}

test('a payment is looked up 10, 30, 90 and 180 days after it was created', () => {
  expect([0, 10, 29, 30, 90, 180].map((day) => nextDay(day, null))).toEqual([
    10,
    30,
    30,
    90,
    180,
    null,
  ])
})

test('and 2, 10 and 30 days after its latest refund, however old it is', () => {
  expect([1, 3, 10, 11].map((day) => nextDay(day, 1))).toEqual([3, 10, 11, 30])
  expect([300, 302, 310, 330].map((day) => nextDay(day, 300))).toEqual([302, 310, 330, null])
})
