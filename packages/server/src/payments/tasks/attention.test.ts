import type { PaymentMethod } from '@hedgepayments/contract'
import { lastingProblems, type WaitName, waitOf, waits } from '@hedgepayments/contract'
import { describe, expect, test } from 'vitest'
import type { PaymentRow } from '../../database/schema.ts'
import { plusSeconds } from '../../domain/time.ts'
import { assess, type Run } from './attention.ts'

const since = '2024-06-15T10:30:00Z'
const day = 86_400

/** A run of a task that was planned at `since`, some seconds later. */
function runOf(name: WaitName, afterSeconds: number, more: Partial<Run> = {}): Run {
  const kind = name === 'late_refund' ? 'void' : name
  return {
    task: {
      kind,
      waiting_since: since,
      failing_since: null,
      attention: null,
      attention_since: null,
    },
    row: paymentBy('card'),
    hasFailed: false,
    problem: null,
    wait: name === kind ? null : name,
    now: plusSeconds(since, afterSeconds),
    ...more,
  }
}

const paymentBy = (method: PaymentMethod, more: Partial<PaymentRow> = {}) =>
  ({
    payment_method: method,
    next_action_url: null,
    authorization_expires_at: null,
    ...more,
  }) as PaymentRow

const names = Object.keys(waits) as WaitName[]
const cases = names.flatMap((name) => {
  const { failingSeconds, undecidedSeconds: limits } = waitOf(name)
  const undecided = limits ? (['card', 'ach', 'crypto'] as const) : []
  return [
    { name, method: 'card' as const, hasFailed: true, seconds: failingSeconds },
    ...undecided.map((method) => ({
      ...{ name, method, hasFailed: false },
      seconds: limits?.[method] ?? 0,
    })),
  ]
})

describe.each(cases)('what waits for $name ($method, failing: $hasFailed)', (given) => {
  const { name, method, hasFailed, seconds } = given
  const at = (afterSeconds: number) => {
    const run = runOf(name, afterSeconds, { hasFailed, row: paymentBy(method) })
    return assess(hasFailed ? { ...run, task: { ...run.task, failing_since: since } } : run)
  }

  test('needs attention from its limit on, and not before', () => {
    expect(at(seconds - 1).attention).toBeNull()
    expect(at(seconds).attention).toEqual({ reason: waitOf(name).reason, since })
  })

  test('is checked again when it becomes overdue', () => {
    const before = at(0)
    expect(before.overdueAt).not.toBeNull()
    expect((before.overdueAt ?? '') <= plusSeconds(since, seconds)).toBe(true)
  })
})

test('failures count from the first one in a row, and a usable answer ends them', () => {
  const first = assess(runOf('capture', 60, { hasFailed: true }))
  expect(first).toMatchObject({ failingSince: plusSeconds(since, 60), attention: null })
  const run = runOf('capture', 120)
  const answered = assess({ ...run, task: { ...run.task, failing_since: first.failingSince } })
  expect(answered.failingSince).toBeNull()
})

test('a bank debit is undecided for days, and a card is not', () => {
  const at = (method: PaymentMethod) =>
    assess(runOf('capture', 6 * day, { row: paymentBy(method) }))
  expect(at('ach').attention).toBeNull()
  expect(at('card').attention?.reason).toBe('capture_overdue')
})

test('a customer in 3-D Secure has until the payment expires', () => {
  const row = paymentBy('card', { next_action_url: 'https://bank.example.com' })
  expect(assess(runOf('authorize', day, { row }))).toMatchObject({
    attention: null,
    overdueAt: null,
  })
  expect(assess(runOf('authorize', day)).attention?.reason).toBe('authorization_overdue')
})

test('an authorization is watched until an hour after its end', () => {
  const row = paymentBy('card', { authorization_expires_at: plusSeconds(since, 7 * day) })
  expect(assess(runOf('watch', 7 * day, { row })).attention).toBeNull()
  expect(assess(runOf('watch', 7 * day + 3_600, { row })).attention?.reason).toBe('watch_overdue')
})

test.each(lastingProblems)('%s needs attention at once, and keeps its time', (problem) => {
  const first = assess(runOf('refund', 5, { hasFailed: true, problem }))
  expect(first.attention).toEqual({ reason: problem, since: plusSeconds(since, 5) })
  const run = runOf('refund', 90, { hasFailed: true, problem })
  const task = { ...run.task, attention: problem, attention_since: first.attention?.since ?? null }
  expect(assess({ ...run, task }).attention).toEqual(first.attention)
})
