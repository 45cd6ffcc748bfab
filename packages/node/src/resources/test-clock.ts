import type { HedgePromise } from '../hedge-promise.ts'
import type { RequestCore } from '../request.ts'
import type { RequestOptions } from '../types/options.ts'
import type { TestClockAdvanceParams, TestClockTime } from '../types/test-clock.ts'

/** `hedge.testClock`: the merchant's time in test mode, to jump over hours and days. */
export class TestClock {
  readonly #core: RequestCore

  constructor(core: RequestCore) {
    this.#core = core
  }

  /** What time it is. */
  retrieve(options?: RequestOptions): HedgePromise<TestClockTime> {
    return this.#core.request({ method: 'GET', path: ['test', 'clock'] }, options)
  }

  /** Jumps ahead: what is due by then happens. There is no way back. */
  advance(params: TestClockAdvanceParams, options?: RequestOptions): HedgePromise<TestClockTime> {
    const path = ['test', 'clock', 'advance']
    return this.#core.request({ method: 'POST', path, body: params }, options)
  }
}
