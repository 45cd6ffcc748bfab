import type { RequestCore } from '../request/core.ts'
import type { HedgePromise } from '../request/hedge-promise.ts'
import type { RequestOptions } from '../types/options.ts'
import type { TestClockAdvanceParams, TestClockTime } from '../types/test-mode/test-clock.ts'

/** `hedge.testClock`: the merchant's clock in test mode, which can skip hours and days. */
export class TestClock {
  readonly #core: RequestCore

  constructor(core: RequestCore) {
    this.#core = core
  }

  /** Retrieves the clock's time. */
  retrieve(options?: RequestOptions): HedgePromise<TestClockTime> {
    return this.#core.get(['test', 'clock'], options)
  }

  /** Advances the clock. Everything due until then happens. The clock cannot go back. */
  advance(params: TestClockAdvanceParams, options?: RequestOptions): HedgePromise<TestClockTime> {
    return this.#core.post(['test', 'clock', 'advance'], params, options)
  }
}
