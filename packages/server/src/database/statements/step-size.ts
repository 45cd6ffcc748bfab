/** Steps of a smaller size that must succeed before the next one is larger. */
const stepsBeforeGrowth = 8

/**
 * The size of the steps of long work. After a statement that reached its time limit, the step is repeated
 * with half the size. When a few steps have succeeded, the size grows again: few rows are slow, not all.
 */
export class StepSize {
  readonly #max: number
  #size: number
  #succeeded = 0

  /** @param max the size of the first step, and of the largest. */
  constructor(max: number) {
    this.#max = max
    this.#size = max
  }

  /**
   * Runs a step until it takes less than the time limit.
   *
   * @param step gets its size, at least 1. It must have changed nothing when it reaches the limit.
   * @throws what `step` throws, and the timeout of a step of size 1.
   */
  async run<T>(step: (size: number) => Promise<T>): Promise<T> {
    for (;;) {
      try {
        const result = await step(this.#size)
        this.#grow()
        return result
      } catch (error) {
        if (!isCanceled(error) || this.#size === 1) throw error
        this.#size = Math.ceil(this.#size / 2)
        this.#succeeded = 0
      }
    }
  }

  #grow(): void {
    if (this.#size === this.#max || ++this.#succeeded < stepsBeforeGrowth) return
    this.#size = Math.min(this.#max, this.#size * 2)
    this.#succeeded = 0
  }
}

/** Whether PostgreSQL has ended a statement. Its message depends on the server's language. */
export function isCanceled(error: unknown): boolean {
  return (error as { code?: unknown }).code === '57014'
}
