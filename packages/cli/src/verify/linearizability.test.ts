import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findOrder, type Operation, type Sequential } from './linearizability.ts'

type Input = { readonly write: number } | 'read'
type Output = number

/** A register: a write returns the number that it replaced. */
const register: Sequential<number, Input, Output> = {
  first: 0,
  step(state, input, output) {
    if (output !== undefined && output !== state) return null
    return input === 'read' ? state : input.write
  },
  nameOf: String,
}

const inputs = fc.oneof(
  fc.constant<Input>('read'),
  fc.record({ write: fc.integer({ min: 0, max: 3 }) }),
)

/** Generates operations that took effect one by one, each between its call and its return. */
const truthful = fc
  .array(fc.tuple(inputs, fc.nat(12), fc.nat(12), fc.nat(9)), { maxLength: 14 })
  .map((drawn) => {
    let state = register.first
    return drawn.map(([input, before, after, luck], n): Operation<Input, Output> => {
      const at = 10 * n
      const output = state
      if (input !== 'read') state = input.write
      // A few never return, although they took effect.
      return luck === 0
        ? { input, output: undefined, calledAt: at - before * 3, returnedAt: Infinity }
        : { input, output, calledAt: at - before * 3, returnedAt: at + 0.5 + after * 3 }
    })
  })

/** Generates any outputs at any times. Few of these histories are possible. */
const arbitrary = fc.array(
  fc
    .record({
      input: inputs,
      output: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined, freq: 6 }),
      calledAt: fc.nat(20),
      lasts: fc.integer({ min: 1, max: 12 }),
    })
    .map(({ lasts, ...operation }) => ({
      ...operation,
      returnedAt: operation.output === undefined ? Infinity : operation.calledAt + lasts + 0.5,
    })),
  { maxLength: 6 },
)

/** The definition: tries every order, with every subset of the operations that never returned. */
function hasOrderByDefinition(history: readonly Operation<Input, Output>[]): boolean {
  const search = (state: number, left: readonly Operation<Input, Output>[]): boolean => {
    if (left.every(({ output }) => output === undefined)) return true
    return left.some((operation) => {
      const others = left.filter((other) => other !== operation)
      if (others.some(({ returnedAt }) => returnedAt < operation.calledAt)) return false
      const next = register.step(state, operation.input, operation.output)
      return next !== null && search(next, others)
    })
  }
  return search(register.first, history)
}

describe('the linearizability check', () => {
  test('accepts every history in which operations took effect one by one', () => {
    fc.assert(
      fc.property(truthful, (history) => findOrder(history, register) !== null),
      { numRuns: 500 },
    )
  })

  test('agrees with the definition of linearizability', () => {
    const seen = { yes: 0, no: 0 }
    fc.assert(
      fc.property(arbitrary, (history) => {
        const expected = hasOrderByDefinition(history)
        seen[expected ? 'yes' : 'no']++
        return (findOrder(history, register) !== null) === expected
      }),
      { numRuns: 3_000 },
    )
    expect(Math.min(seen.yes, seen.no), 'both happen').toBeGreaterThan(100)
  })

  test('returns a correct order and its last state', () => {
    fc.assert(
      fc.property(truthful, (history) => {
        const found = findOrder(history, register)
        let state = register.first
        for (const { input, output } of found?.order ?? []) {
          const next = register.step(state, input, output)
          expect(next).not.toBeNull()
          state = next ?? state
        }
        expect(state).toBe(found?.state)
      }),
    )
  })

  test('rejects a read that misses a write that had returned', () => {
    const write = { input: { write: 1 }, output: 0, calledAt: 0, returnedAt: 1 }
    const stale = { input: 'read' as const, output: 0, calledAt: 2, returnedAt: 3 }
    expect(findOrder([write, stale], register)).toBeNull()
    expect(findOrder([write, { ...stale, calledAt: 0.5 }], register)).not.toBeNull()
  })

  test('is fast even if many operations overlap', () => {
    const writes = Array.from({ length: 18 }, () => ({
      input: { write: 1 },
      output: 1,
      calledAt: 0,
      returnedAt: 1,
    }))
    expect(findOrder(writes, register)).toBeNull()
    const first = { input: { write: 1 }, output: 0, calledAt: 0, returnedAt: 1 }
    expect(findOrder([...writes, first], register)?.order[0]).toBe(first)
    const wrong = { input: 'read' as const, output: 2, calledAt: 0, returnedAt: 1 }
    expect(findOrder([...writes.slice(0, 12), first, wrong], register)).toBeNull()
  })
})
