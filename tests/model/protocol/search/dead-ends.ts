import type { Numbers } from './numbers.ts'

/**
 * Finds the first state from which no way of the given steps leads to a final state; `null`: there is none.
 * Goes backwards from the final states.
 */
export function findDeadEnd(graph: {
  readonly states: number
  readonly finals: readonly number[]
  readonly edges: { readonly from: Numbers; readonly to: Numbers }
}): number | null {
  const { states, finals, edges } = graph
  const { starts, sources } = predecessors(states, edges)
  const isAlive = new Uint8Array(states)
  const alive = [...finals]
  for (const state of alive) isAlive[state] = 1
  for (let state = alive.pop(); state !== undefined; state = alive.pop()) {
    for (let n = starts[state] as number; n < (starts[state + 1] as number); n++) {
      const source = sources[n] as number
      if (isAlive[source] === 1) continue
      isAlive[source] = 1
      alive.push(source)
    }
  }
  const dead = isAlive.indexOf(0)
  return dead === -1 ? null : dead
}

/** The predecessors of state `s` are `sources[starts[s]]` to `sources[starts[s + 1] - 1]`. */
function predecessors(states: number, { from, to }: { from: Numbers; to: Numbers }) {
  const starts = new Int32Array(states + 1)
  for (let n = 0; n < to.length; n++) starts[to.at(n) + 1] = (starts[to.at(n) + 1] as number) + 1
  for (let s = 0; s < states; s++) starts[s + 1] = (starts[s + 1] as number) + (starts[s] as number)
  const next = starts.slice()
  const sources = new Int32Array(to.length)
  for (let n = 0; n < to.length; n++) {
    const target = to.at(n)
    const place = next[target] as number
    sources[place] = from.at(n)
    next[target] = place + 1
  }
  return { starts, sources }
}
