/** How often a process looks for new events while anybody waits for them. */
const lookMs = 200

/**
 * Looks at the horizon for everybody in this process who waits for new events, and not at all
 * while nobody does.
 */
export class HorizonWatch {
  readonly #read: () => Promise<string>
  readonly #onError: (error: unknown) => void
  readonly #waiting = new Set<(horizon: string) => void>()
  #timer: NodeJS.Timeout | null = null
  #stopped = false

  constructor(options: { read: () => Promise<string>; onError: (error: unknown) => void }) {
    this.#read = options.read
    this.#onError = options.onError
  }

  /** Waits until the horizon is past a position. `null`: `signal` was aborted first. */
  beyond(position: string, signal: AbortSignal): Promise<string | null> {
    if (signal.aborted) return Promise.resolve(null)
    return new Promise((resolve) => {
      const settle = (horizon: string | null) => {
        this.#waiting.delete(look)
        signal.removeEventListener('abort', give)
        resolve(horizon)
      }
      const give = () => settle(null)
      const look = (horizon: string) => {
        if (BigInt(horizon) > BigInt(position)) settle(horizon)
      }
      this.#waiting.add(look)
      signal.addEventListener('abort', give)
      this.#schedule()
    })
  }

  stop(): void {
    this.#stopped = true
    if (this.#timer) clearTimeout(this.#timer)
  }

  #schedule(): void {
    if (this.#timer || this.#stopped || this.#waiting.size === 0) return
    this.#timer = setTimeout(() => void this.#look(), lookMs)
  }

  async #look(): Promise<void> {
    try {
      const horizon = await this.#read()
      for (const look of [...this.#waiting]) look(horizon)
    } catch (error) {
      this.#onError(error)
    } finally {
      this.#timer = null
      this.#schedule()
    }
  }
}
