import type { HedgePromise } from '../hedge-promise.ts'
import type { RequestCore } from '../request.ts'
import type { CheckoutSession, CheckoutSessionCreateParams } from '../types/checkout.ts'
import type { RequestOptions } from '../types/options.ts'

const base = ['checkout', 'sessions']

/** `hedge.checkout.sessions`: hosted pages that take one payment each. */
export class CheckoutSessions {
  readonly #core: RequestCore

  constructor(core: RequestCore) {
    this.#core = core
  }

  create(
    params: CheckoutSessionCreateParams,
    options?: RequestOptions,
  ): HedgePromise<CheckoutSession> {
    return this.#core.request({ method: 'POST', path: base, body: params }, options)
  }

  retrieve(id: string, options?: RequestOptions): HedgePromise<CheckoutSession> {
    return this.#core.request({ method: 'GET', path: [...base, id] }, options)
  }

  /**
   * Ends an open session and cancels its open payment. Rejects with
   * CheckoutSessionNotOpenError when it is complete or expired.
   */
  expire(id: string, options?: RequestOptions): HedgePromise<CheckoutSession> {
    return this.#core.request({ method: 'POST', path: [...base, id, 'expire'] }, options)
  }
}
