import { isId } from '@hedgepayments/contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { newId } from '../domain/ids.ts'
import { eventId, sequenceOf } from './event-id.ts'

const sequence = fc.integer({ min: 1, max: 36 ** 4 - 1 })

test('an event id contains its sequence, and sorts by it', () => {
  fc.assert(
    fc.property(sequence, sequence, (a, b) => {
      const subject = newId('payment')
      const [one, other] = [eventId(subject, a), eventId(subject, b)]
      expect(isId('event', one)).toBe(true)
      expect(sequenceOf(one, subject)).toBe(a)
      if (a !== b) expect(one < other).toBe(a < b)
    }),
  )
})

test('an id of another payment, or an invalid id, has no sequence', () => {
  fc.assert(
    fc.property(sequence, fc.string(), (n, text) => {
      const subject = newId('payment')
      expect(sequenceOf(eventId(newId('payment'), n), subject)).toBeNull()
      expect(sequenceOf(text, subject)).toBeNull()
    }),
  )
})
