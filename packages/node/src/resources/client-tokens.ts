import type { RequestCore } from '../request/core.ts'
import type { HedgePromise } from '../request/hedge-promise.ts'
import type { ClientToken, ClientTokenCreateParams } from '../types/api-keys.ts'
import type { RequestOptions } from '../types/options.ts'

/** `hedge.clientTokens`: tokens for browsers. */
export class ClientTokens {
  readonly #core: RequestCore

  constructor(core: RequestCore) {
    this.#core = core
  }

  /** Creates a token that lets a browser read one payment for 15 minutes. */
  create(params: ClientTokenCreateParams, options?: RequestOptions): HedgePromise<ClientToken> {
    return this.#core.post(['auth', 'client-token'], params, options)
  }
}
