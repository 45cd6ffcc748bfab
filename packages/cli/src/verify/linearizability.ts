/** One operation of a history. */
export interface Operation<Input, Output> {
  readonly input: Input
  /** `undefined`: it never returned. It may have taken effect, may still do so, or never will. */
  readonly output: Output | undefined
  /** Call and return, by one counter: no two are equal. */
  readonly calledAt: number
  readonly returnedAt: number
}

/** The sequential specification of an object. */
export interface Sequential<State, Input, Output> {
  readonly first: State
  /**
   * The state after the operation, or `null` if this output is impossible in this state. An
   * operation that never returned has the output `undefined`.
   */
  readonly step: (state: State, input: Input, output: Output | undefined) => State | null
  /** A name that two states share only if they are equal. */
  readonly nameOf: (state: State) => string
}

/**
 * Searches an order in which each operation takes effect between its call and its return, and all
 * outputs are correct. The history of an object with such an order is linearizable. Returns the order
 * and its last state.
 *
 * The search backtracks, after Wing and Gong: the next operation is any one that was called before all
 * remaining ones returned. After Lowe, it tries a set of taken operations with the resulting state only
 * once, whatever their order. Without this memory, a dozen concurrent operations take too long.
 */
export function findOrder<State, Input, Output>(
  history: readonly Operation<Input, Output>[],
  model: Sequential<State, Input, Output>,
): { readonly order: readonly Operation<Input, Output>[]; readonly state: State } | null {
  const operations = [...history].sort((a, b) => a.calledAt - b.calledAt)
  const required = operations.filter(({ output }) => output !== undefined).length
  const tried = new Set<string>()
  const isTaken = operations.map(() => false)
  const order: Operation<Input, Output>[] = []

  const search = (state: State, left: number): State | null => {
    if (left === 0) return state
    const name = `${isTaken.map((taken) => (taken ? 1 : 0)).join('')} ${model.nameOf(state)}`
    if (tried.has(name)) return null
    tried.add(name)
    const firstReturn = Math.min(
      ...operations.map(({ returnedAt }, n) => (isTaken[n] ? Infinity : returnedAt)),
    )
    for (const [n, operation] of operations.entries()) {
      if (operation.calledAt > firstReturn) break
      if (isTaken[n]) continue
      const next = model.step(state, operation.input, operation.output)
      if (next === null) continue
      isTaken[n] = true
      order.push(operation)
      const end = search(next, left - (operation.output === undefined ? 0 : 1))
      if (end !== null) return end
      isTaken[n] = false
      order.pop()
    }
    return null
  }

  const state = search(model.first, required)
  return state === null ? null : { order, state }
}
