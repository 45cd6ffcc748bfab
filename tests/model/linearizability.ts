/** One operation of a history, by the order in which things were seen to happen. */
export interface Operation<Input, Output> {
  readonly input: Input
  /** `undefined`: it never returned, and may have had its effect or not, or have it yet. */
  readonly output: Output | undefined
  /** When it was called and when it returned, on one clock that never stands still. */
  readonly calledAt: number
  readonly returnedAt: number
}

/** What operations do one after the other. */
export interface Sequential<State, Input, Output> {
  readonly first: State
  /**
   * The state after the operation, or `null` where it cannot have this output in this state. An
   * operation that never returned has the output `undefined`.
   */
  readonly step: (state: State, input: Input, output: Output | undefined) => State | null
  /** A name that two states share only if nothing can tell them apart. */
  readonly nameOf: (state: State) => string
}

/**
 * Whether there is an order of the operations in which each has its effect between its call and its
 * return, and in which all outputs are right: linearizability, of one object. Where there is, such
 * an order is returned, and the state in its end.
 *
 * The search is that of Wing and Gong: take any operation that was called before all that are left
 * returned, as if it had been the next, and go back where that leads nowhere. By Lowe, a set of
 * operations that was taken and the state it has led to need not be tried twice, in whatever order
 * they were taken: without that, the search is hopeless for more than a dozen at once.
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
