import type { HedgePromise } from '../hedge-promise.ts'
import type { RequestCore } from '../request.ts'
import type { ClientToken, ClientTokenCreateParams } from '../types/client-tokens.ts'
import type { RequestOptions } from '../types/options.ts'

/** `hedge.clientTokens`: what a browser may have. Source: api.md, "The rest of the vendor's surface". */
export class ClientTokens {
  readonly #core: RequestCore

  constructor(core: RequestCore) {
    this.#core = core
  }

  /** A token with which a browser can read one payment, for 15 minutes. */
  create(params: ClientTokenCreateParams, options?: RequestOptions): HedgePromise<ClientToken> {
    const path = ['auth', 'client-token']
    return this.#core.request({ method: 'POST', path, body: params }, options)
  }
}
