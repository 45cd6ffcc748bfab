import { type Permits, Semaphore, type SemaphoreLimit } from './semaphore.ts'

interface Waiting {
  readonly limits: readonly SemaphoreLimit[]
  readonly start: (permit: Permits) => void
}

/**
 * A semaphore whose callers wait for a permit. The first caller below its own limits is next, so a
 * merchant that has used its share does not delay others. The number of waiting callers must be
 * bounded elsewhere, and each caller bounds its own wait.
 */
export class SemaphoreQueue {
  readonly #semaphore = new Semaphore()
  readonly #waiting: Waiting[] = []

  /**
   * Waits for a permit, which the caller must release, also when its work fails. Returns `null` if the
   * signal aborts first.
   */
  async acquire(
    limits: readonly SemaphoreLimit[],
    signal: AbortSignal,
  ): Promise<{ release(): void } | null> {
    if (signal.aborted) return null
    const free = this.#semaphore.tryAcquire(limits)
    const permit = free ?? (await this.#wait(limits, signal))
    if (permit === null) return null
    return {
      release: () => {
        permit.release()
        this.#startNext()
      },
    }
  }

  #wait(limits: readonly SemaphoreLimit[], signal: AbortSignal): Promise<Permits | null> {
    return new Promise((resolve) => {
      const waiting = {
        limits,
        start(permit: Permits) {
          signal.removeEventListener('abort', leave)
          resolve(permit)
        },
      }
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1)
        resolve(null)
      }
      this.#waiting.push(waiting)
      signal.addEventListener('abort', leave, { once: true })
    })
  }

  #startNext(): void {
    for (const [index, { limits, start }] of this.#waiting.entries()) {
      const permit = this.#semaphore.tryAcquire(limits)
      if (!permit) continue
      this.#waiting.splice(index, 1)
      start(permit)
      return
    }
  }
}
