import { Poll } from '../jobs/poll.ts'

/** Pause between two reads of the horizon, while a stream waits for new events. */
const readEveryMs = 200

/**
 * Reads the horizon (see `horizon.sql.ts`) for all streams of this process that wait for new events.
 * While none waits, it reads nothing.
 */
export class HorizonWatch {
  readonly #waiting = new Set<(horizon: string) => void>()
  readonly #poll: Poll

  constructor(options: { read: () => Promise<string>; onError: (error: unknown) => void }) {
    this.#poll = new Poll({
      everyMs: readEveryMs,
      isNeeded: () => this.#waiting.size > 0,
      read: async () => {
        const horizon = await options.read()
        for (const check of [...this.#waiting]) check(horizon)
      },
      onError: options.onError,
    })
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
      this.#poll.schedule()
    })
  }

  stop(): void {
    this.#poll.stop()
  }
}
