interface Waiting {
  readonly start: () => void
}

/** How many may wait: for one name, and in all. A look-up takes about half a millisecond. */
const waitingMax = { ofName: 1_000, total: 4_000 } as const

/**
 * Runs one piece of work at a time. Names have their turns one after the other, so that a caller who
 * waits under one name waits for one piece of work of each other name at most.
 */
export class Turns {
  readonly #waiting = new Map<string, Waiting[]>()
  #waitingTotal = 0
  #isRunning = false

  /** Runs `work` when it is the name's turn; `null`: too many wait, and it was not run. */
  async run<T>(name: string, work: () => Promise<T>): Promise<T | null> {
    if (this.#isRunning && !(await this.#wait(name))) return null
    this.#isRunning = true
    try {
      return await work()
    } finally {
      this.#next()
    }
  }

  async #wait(name: string): Promise<boolean> {
    const ofName = this.#waiting.get(name) ?? []
    if (ofName.length >= waitingMax.ofName || this.#waitingTotal >= waitingMax.total) return false
    this.#waiting.set(name, ofName)
    this.#waitingTotal++
    await new Promise<void>((resolve) => ofName.push({ start: resolve }))
    return true
  }

  /** Starts the first that waits under the name whose turn is next; the name then goes to the end. */
  #next(): void {
    for (const [name, ofName] of this.#waiting) {
      this.#waiting.delete(name)
      const first = ofName.shift()
      if (ofName.length > 0) this.#waiting.set(name, ofName)
      if (!first) continue
      this.#waitingTotal--
      // The place goes on to the next without being free in between.
      first.start()
      return
    }
    this.#isRunning = false
  }
}
