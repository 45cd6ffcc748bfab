import type { HedgePromise } from '../hedge-promise.ts'
import type { RequestCore } from '../request.ts'
import type { Balance } from '../types/merchants.ts'
import type { RequestOptions } from '../types/options.ts'

/** `hedge.merchants`. */
export class Merchants {
  readonly #core: RequestCore

  constructor(core: RequestCore) {
    this.#core = core
  }

  /** The balance in the mode of the key. The id is that of any payment's `merchant_id`. */
  balance(id: string, options?: RequestOptions): HedgePromise<Balance> {
    return this.#core.request({ method: 'GET', path: ['merchants', id, 'balance'] }, options)
  }
}
