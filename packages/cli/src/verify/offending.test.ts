import { expect, test } from 'vitest'
import { shortestOffending } from './offending.ts'
import { findState, type PaymentOperation } from './payment-history.ts'
import { answerTo, created, type PaymentState, type Request } from './payment-model.ts'

const first = created(1_000)

/** Operations one after the other, each with the right answer. */
function rightHistory(requests: readonly Request[]): PaymentOperation[] {
  let state: PaymentState = first
  return requests.map((input, n) => {
    const { state: next, answered } = answerTo(state, input)
    state = next
    return { input, output: answered, calledAt: 2 * n, returnedAt: 2 * n + 1 }
  })
}

test('the shortest wrong part is the cancel and the stale read after it', () => {
  const kinds = ['retrieve', 'retrieve', 'cancel', 'cancel', 'retrieve', 'retrieve'] as const
  const history = rightHistory(kinds.map((kind) => ({ kind })))
  expect(findState(history, first)).not.toBeNull()
  const stale = { ...history[0], calledAt: 20, returnedAt: 21 } as PaymentOperation
  const wrong = [...history, stale, ...rightHistory([{ kind: 'retrieve' }])]
  expect(findState(wrong, first)).toBeNull()
  expect(shortestOffending(wrong, first)).toEqual([history[2], stale])
})

test('a request without an answer may explain a history', () => {
  const lost = { input: { kind: 'cancel' }, output: undefined, calledAt: 0, returnedAt: Infinity }
  const seen = {
    ...(rightHistory([{ kind: 'cancel' }, { kind: 'retrieve' }])[1] as PaymentOperation),
    calledAt: 1,
    returnedAt: 2,
  }
  expect(findState([lost as PaymentOperation, seen], first)).not.toBeNull()
  expect(shortestOffending([seen], first)).toEqual([seen])
})
