import type { HedgeEvent, Payment, PaymentAttempt } from '@hedgepayments/node'
import { expect, test } from 'vitest'
import { timelineOf } from './timeline.ts'

const payment = {
  object: 'payment',
  amount: 9999,
  currency: 'USD',
  payment_method: 'card',
  captured_amount: 9999,
  refunded_amount: 9999,
  cancelable_until: null,
} as Payment

const at = '2024-06-15T10:30:00Z'
const later = '2024-06-15T10:30:01Z'

function eventOf(sequence: number, type: string, created = at): HedgeEvent {
  const actor = { type: 'system', id: null }
  return { sequence, type, created, actor, reason: null, data: payment } as HedgeEvent
}

function attemptOf(
  number: number,
  kind: PaymentAttempt['kind'],
  more: Partial<PaymentAttempt> = {},
): PaymentAttempt {
  return {
    object: 'payment_attempt',
    number,
    kind,
    processor: 'sandbox',
    actor: { type: 'system', id: null },
    outcome: 'authorized',
    code: null,
    message: null,
    started_at: at,
    ended_at: at,
    ...more,
  }
}

test('within a second a call is listed between its cause and the event of its result', () => {
  const events = [
    'payment.created',
    'payment.initiated',
    'payment.processing',
    'payment.succeeded',
    'payment.refunded',
    'payment.refund_succeeded',
  ].map((type, n) => eventOf(n + 1, type))
  const attempts = [attemptOf(1, 'authorize'), attemptOf(2, 'capture'), attemptOf(3, 'refund')]
  const entries = timelineOf(payment, {
    events: events.toReversed(),
    attempts: attempts.toReversed(),
  })
  expect(entries.map(({ kind, text }) => /^Call \d/.exec(text)?.[0] ?? kind)).toEqual([
    'payment.created',
    'Call 1',
    'payment.initiated',
    'payment.processing',
    'Call 2',
    'payment.succeeded',
    'payment.refunded',
    'Call 3',
    'payment.refund_succeeded',
  ])
})

test('a call after the last event is the last entry, with its end and its missing answer', () => {
  const events = [eventOf(1, 'payment.created'), eventOf(2, 'payment.canceled')]
  const late = { started_at: later, ended_at: '2024-06-15T10:30:31Z', outcome: 'unknown' } as const
  const entries = timelineOf(payment, { events, attempts: [attemptOf(1, 'void', late)] })
  expect(entries.at(-1)).toEqual({
    at: later,
    kind: 'attempt',
    text:
      'Call 1 to the processor "sandbox": void the authorization. ' +
      'There was no usable answer, so the result is unknown. It ended at 2024-06-15 10:30:31 UTC.',
  })
})

test('an event type of a newer server is shown by its name', () => {
  const [entry] = timelineOf(payment, { events: [eventOf(1, 'payment.framed')], attempts: [] })
  expect(entry?.text).toBe('Event payment.framed.')
})
