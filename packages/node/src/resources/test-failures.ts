import type { RequestCore } from '../request/core.ts'
import type { HedgePromise } from '../request/hedge-promise.ts'
import type { RequestOptions } from '../types/options.ts'
import type { TestFailure, TestFailureCreateParams } from '../types/test-mode/test-failures.ts'

/** `hedge.testFailures`: failures of authorizations in test mode. */
export class TestFailures {
  readonly #core: RequestCore

  constructor(core: RequestCore) {
    this.#core = core
  }

  /** Makes the next authorization fail, whatever payment method it has. Several wait in order. */
  create(params: TestFailureCreateParams, options?: RequestOptions): HedgePromise<TestFailure> {
    return this.#core.post(['test', 'failures'], params, options)
  }
}
