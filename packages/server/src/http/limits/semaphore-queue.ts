import { type Permits, Semaphore, type SemaphoreLimit } from './semaphore.ts'

interface Waiting {
  readonly limits: readonly SemaphoreLimit[]
  readonly start: (permit: Permits) => void
}

/**
 * A semaphore whose callers wait for a permit. The first caller below its own limits is next, so a
 * merchant that has used its share does not delay others. The number of waiting callers must be
 * bounded elsewhere.
 */
export class SemaphoreQueue {
  readonly #semaphore = new Semaphore()
  readonly #waiting: Waiting[] = []

  /** Waits for a permit. The caller must release it, also when its work fails. */
  async acquire(limits: readonly SemaphoreLimit[]): Promise<{ release(): void }> {
    const free = this.#semaphore.tryAcquire(limits)
    const permit = free ?? (await this.#wait(limits))
    return {
      release: () => {
        permit.release()
        this.#startNext()
      },
    }
  }

  #wait(limits: readonly SemaphoreLimit[]): Promise<Permits> {
    return new Promise((start) => this.#waiting.push({ limits, start }))
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
