/** Pause between two reads of the horizon, while a stream waits for new events. */
const readEveryMs = 200

/**
 * Reads the horizon (see `horizon.sql.ts`) for all streams of this process that wait for new events.
 * While none waits, it reads nothing.
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
      const end = (horizon: string | null) => {
        this.#waiting.delete(check)
        signal.removeEventListener('abort', abort)
        resolve(horizon)
      }
      const abort = () => end(null)
      const check = (horizon: string) => {
        if (BigInt(horizon) > BigInt(position)) end(horizon)
      }
      this.#waiting.add(check)
      signal.addEventListener('abort', abort)
      this.#schedule()
    })
  }

  stop(): void {
    this.#stopped = true
    if (this.#timer) clearTimeout(this.#timer)
  }

  #schedule(): void {
    if (this.#timer || this.#stopped || this.#waiting.size === 0) return
    this.#timer = setTimeout(() => void this.#readAndCheck(), readEveryMs)
  }

  async #readAndCheck(): Promise<void> {
    try {
      const horizon = await this.#read()
      for (const check of [...this.#waiting]) check(horizon)
    } catch (error) {
      this.#onError(error)
    } finally {
      this.#timer = null
      this.#schedule()
    }
  }
}
