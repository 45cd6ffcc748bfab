interface Waiting {
  readonly start: () => void
}

/** Jobs that may wait: under one name, and in total. A look-up takes about half a millisecond. */
const waitingMax = { perName: 1_000, total: 4_000 } as const

/**
 * Runs one job at a time, and serves names round-robin: a job waits for at most one job of each other
 * name between two jobs of the same name.
 */
export class FairMutex {
  readonly #waiting = new Map<string, Waiting[]>()
  #waitingTotal = 0
  #isRunning = false

  /** Runs `job` when its turn comes. Returns `null`, without running it, when too many jobs wait. */
  async run<T>(name: string, job: () => Promise<T>): Promise<T | null> {
    if (this.#isRunning && !(await this.#wait(name))) return null
    this.#isRunning = true
    try {
      return await job()
    } finally {
      this.#startNext()
    }
  }

  async #wait(name: string): Promise<boolean> {
    const sameName = this.#waiting.get(name) ?? []
    if (sameName.length >= waitingMax.perName || this.#waitingTotal >= waitingMax.total) {
      return false
    }
    this.#waiting.set(name, sameName)
    this.#waitingTotal++
    await new Promise<void>((resolve) => sameName.push({ start: resolve }))
    return true
  }

  /** Starts the first job of the next name, and moves the name to the end. */
  #startNext(): void {
    for (const [name, sameName] of this.#waiting) {
      this.#waiting.delete(name)
      const first = sameName.shift()
      if (sameName.length > 0) this.#waiting.set(name, sameName)
      if (!first) continue
      this.#waitingTotal--
      // `#isRunning` stays true: a new job cannot overtake this one.
      first.start()
      return
    }
    this.#isRunning = false
  }
}
