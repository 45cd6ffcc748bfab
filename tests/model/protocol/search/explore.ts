import { firstState, stepsOf } from '../model.ts'
import { brokenFinally, brokenInvariant, isFinal } from '../properties.ts'
import type { Setting } from '../setting.ts'
import type { State } from '../state.ts'
import { Collapse } from './collapse.ts'
import { findDeadEnd } from './dead-ends.ts'
import { Numbers } from './numbers.ts'
import { replay } from './replay.ts'

/** What an exploration has found. */
export interface Exploration {
  /** Different states that were reached, and how many of them are final. */
  readonly states: number
  readonly finalStates: number
  readonly steps: number
  /** The longest of the shortest ways to a state, in steps. */
  readonly depth: number
  /** A property that is broken, with the shortest way to it; `null`: none. */
  readonly counterexample: Counterexample | null
}

export interface Counterexample {
  readonly broken: string
  readonly lines: readonly string[]
}

/** More states than this do not fit in the time of `npm test`. */
const statesMax = 3_000_000

/**
 * Explores every state that can be reached, breadth first, until there is no new one. So the first state
 * that breaks a property has the shortest counterexample. Then checks that every state has a way without
 * faults to a final state.
 */
export function explore(setting: Setting): Exploration {
  const search = new Search(setting)
  return search.run()
}

class Search {
  readonly #setting: Setting
  readonly #collapse = new Collapse()
  readonly #indexes = new Map<string, number>()
  readonly #keys: string[] = []
  readonly #parents = new Numbers()
  /** The steps without a fault, as pairs of states. */
  readonly #from = new Numbers()
  readonly #to = new Numbers()
  readonly #finals: number[] = []
  #steps = 0

  constructor(setting: Setting) {
    this.#setting = setting
  }

  run(): Exploration {
    this.#reach(firstState(this.#setting), -1)
    let depth = 0
    for (let levelEnd = 1, index = 0; index < this.#keys.length; index++) {
      if (index === levelEnd) {
        depth++
        levelEnd = this.#keys.length
      }
      const broken = this.#expand(index)
      if (broken !== null) return this.#result(depth, this.#counterexample(broken, index))
    }
    return this.#result(depth, this.#deadEnd())
  }

  /** Takes all steps of a state. Returns the property that the state breaks. */
  #expand(index: number): string | null {
    const state = this.#collapse.stateOf(this.#keys[index] as string)
    const broken = brokenInvariant(state, this.#setting)
    if (broken !== null) return broken
    if (isFinal(state, this.#setting)) {
      this.#finals.push(index)
      const wrong = brokenFinally(state)
      if (wrong !== null) return wrong
    }
    for (const { next, isFault } of stepsOf(state, this.#setting)) {
      this.#steps++
      const reached = this.#reach(next, index)
      if (isFault || reached === index) continue
      this.#from.push(index)
      this.#to.push(reached)
    }
    return null
  }

  #reach(state: State, parent: number): number {
    const key = this.#collapse.keyOf(state)
    const seen = this.#indexes.get(key)
    if (seen !== undefined) return seen
    const index = this.#keys.length
    if (index === statesMax) throw new Error(`more than ${statesMax} states`)
    this.#indexes.set(key, index)
    this.#keys.push(key)
    this.#parents.push(parent)
    return index
  }

  #deadEnd(): Counterexample | null {
    const edges = { from: this.#from, to: this.#to }
    const stuck = findDeadEnd({ states: this.#keys.length, finals: this.#finals, edges })
    return stuck === null
      ? null
      : this.#counterexample('from this state no way without faults leads to a final state', stuck)
  }

  #counterexample(broken: string, index: number): Counterexample {
    const keys: string[] = []
    for (let at = index; at !== -1; at = this.#parents.at(at))
      keys.unshift(this.#keys[at] as string)
    const lines = replay(this.#setting, keys, (state) => this.#collapse.keyOf(state))
    return { broken, lines }
  }

  #result(depth: number, counterexample: Counterexample | null): Exploration {
    const states = this.#keys.length
    const finalStates = this.#finals.length
    return { states, finalStates, steps: this.#steps, depth, counterexample }
  }
}
