/**
 * Reads at intervals while there is someone to read for, and not otherwise. Call `schedule` when that may
 * have begun.
 */
export class Poll {
  readonly #options: PollOptions
  #timer: NodeJS.Timeout | null = null
  #stopped = false

  constructor(options: PollOptions) {
    this.#options = options
  }

  /** Plans the next read, if one is needed and none is planned. */
  schedule(): void {
    if (this.#timer || this.#stopped || !this.#options.isNeeded()) return
    this.#timer = setTimeout(() => void this.#read(), this.#options.everyMs)
  }

  /** Ends the reads. A read in progress goes on. */
  stop(): void {
    this.#stopped = true
    if (this.#timer) clearTimeout(this.#timer)
  }

  async #read(): Promise<void> {
    try {
      await this.#options.read()
    } catch (error) {
      this.#options.onError(error)
    } finally {
      this.#timer = null
      this.schedule()
    }
  }
}

interface PollOptions {
  /** The pause before each read, in milliseconds. */
  readonly everyMs: number
  readonly isNeeded: () => boolean
  readonly read: () => Promise<void>
  /** Gets the errors of `read`. The reads go on. */
  readonly onError: (error: unknown) => void
}
