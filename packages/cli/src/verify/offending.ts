import { findState, type PaymentOperation } from './payment-history.ts'
import type { PaymentState } from './payment-model.ts'

/**
 * The shortest part of a history that is wrong by itself, for people to read: the operations until the
 * first return that no order explains, without those that change nothing and are not needed.
 *
 * Only two steps are safe. A history up to some return is a history, in which later calls have not returned.
 * And an operation without an effect can be removed: if the history were right, the rest would be.
 *
 * @param history a history for which `findState` returns `null`.
 */
export function shortestOffending(
  history: readonly PaymentOperation[],
  first: PaymentState,
): PaymentOperation[] {
  const isWrong = (part: readonly PaymentOperation[]) => findState(part, first) === null
  const returns = history
    .map(({ returnedAt }) => returnedAt)
    .filter((time) => time !== Infinity)
    .sort((a, b) => a - b)
  const end = returns.find((time) => isWrong(until(history, time))) ?? Infinity
  let part = until(history, end)
  for (const operation of part.filter(hasNoEffect)) {
    const without = part.filter((other) => other !== operation)
    if (isWrong(without)) part = without
  }
  return part.filter(({ output }) => output !== undefined)
}

/** The history as it was right after a return. */
function until(history: readonly PaymentOperation[], end: number): PaymentOperation[] {
  return history
    .filter(({ calledAt }) => calledAt < end)
    .map((operation) =>
      operation.returnedAt <= end
        ? operation
        : { ...operation, output: undefined, returnedAt: Infinity },
    )
}

/** Whether an operation has changed nothing: a read, or a refusal. */
function hasNoEffect({ input, output }: PaymentOperation): boolean {
  return input.kind === 'retrieve' || (output !== undefined && output.code !== null)
}
