import type { RequestCore } from '../request/core.ts'
import type { HedgePromise } from '../request/hedge-promise.ts'
import type { CheckoutSession, CheckoutSessionCreateParams } from '../types/checkout.ts'
import type { RequestOptions } from '../types/options.ts'

const base = ['checkout', 'sessions']

/** `hedge.checkout.sessions`: hosted pages, each for one payment. */
export class CheckoutSessions {
  readonly #core: RequestCore

  constructor(core: RequestCore) {
    this.#core = core
  }

  /** Creates a session. Redirect the customer to its `url`. */
  create(
    params: CheckoutSessionCreateParams,
    options?: RequestOptions,
  ): HedgePromise<CheckoutSession> {
    return this.#core.post(base, params, options)
  }

  /** Retrieves a session. */
  retrieve(id: string, options?: RequestOptions): HedgePromise<CheckoutSession> {
    return this.#core.get([...base, id], options)
  }

  /**
   * Expires an open session and cancels its open payment. Rejects with CheckoutSessionNotOpenError if
   * the session is complete or expired.
   */
  expire(id: string, options?: RequestOptions): HedgePromise<CheckoutSession> {
    return this.#core.post([...base, id, 'expire'], undefined, options)
  }
}
