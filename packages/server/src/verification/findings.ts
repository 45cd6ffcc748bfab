import { type Check, countOf, fail, ok } from '../diagnosis/engine/check.ts'

/** A check of the report, before its result. */
export interface CheckText {
  /** A stable name for programs. */
  readonly name: string
  /** What must be true, as a sentence without its full stop. */
  readonly guarantee: string
  /** What the operator can do about a violation. */
  readonly action: string
}

/** Examples in the report of a check. Their number is bounded, whatever is wrong. */
const examplesMax = 5

/** Counts violations by check, and keeps a few examples of each. */
export class Findings {
  readonly #found = new Map<string, { count: number; examples: Set<string> }>()

  /** Adds violations of a check, by the ids of what violates it. */
  add(name: string, ids: readonly string[]): void {
    const found = this.#found.get(name) ?? { count: 0, examples: new Set<string>() }
    this.#found.set(name, found)
    found.count += ids.length
    for (const id of ids) if (found.examples.size < examplesMax) found.examples.add(id)
  }

  /** Whether something violates a check. */
  has({ name }: CheckText): boolean {
    return this.#found.has(name)
  }

  /** The result of a check. `good` is what was found where nothing violates it. */
  resultOf({ name, guarantee, action }: CheckText, good: string = guarantee): Check {
    const found = this.#found.get(name)
    if (!found) return ok(name, good)
    const examples = [...found.examples].join(', ')
    const more = found.count > found.examples.size ? 'such as ' : ''
    return fail(name, {
      found: `${countOf(found.count, 'violation')}: ${more}${examples}`,
      expected: guarantee,
      action,
    })
  }
}
