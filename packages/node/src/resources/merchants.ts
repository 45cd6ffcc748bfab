import type { HedgePromise } from '../hedge-promise.ts'
import type { RequestCore } from '../request.ts'
import type {
  Balance,
  Merchant,
  MerchantCreateParams,
  MerchantUpdateParams,
  MerchantWithKeys,
} from '../types/merchants.ts'
import type { RequestOptions } from '../types/options.ts'
import { MerchantProcessors } from './merchant-processors.ts'

/** `hedge.merchants`. A merchant's id is that of any of its payments' `merchant_id`. */
export class Merchants {
  /** Who takes the merchant's payments. */
  readonly processor: MerchantProcessors
  readonly #core: RequestCore

  constructor(core: RequestCore) {
    this.#core = core
    this.processor = new MerchantProcessors(core)
  }

  /**
   * Another merchant, with a key pair of test mode and, by a live key, one of live mode as well: its
   * answer is the only one with the secrets.
   */
  create(params: MerchantCreateParams, options?: RequestOptions): HedgePromise<MerchantWithKeys> {
    return this.#core.request({ method: 'POST', path: ['merchants'], body: params }, options)
  }

  /** The merchant of the key; any other is a NotFoundError. */
  retrieve(id: string, options?: RequestOptions): HedgePromise<Merchant> {
    return this.#core.request({ method: 'GET', path: ['merchants', id] }, options)
  }

  /**
   * Changes what is given, and leaves the rest. Once the merchant has a live key, fees and the undo
   * window are changed by live keys only.
   */
  update(
    id: string,
    params: MerchantUpdateParams,
    options?: RequestOptions,
  ): HedgePromise<Merchant> {
    return this.#core.request({ method: 'PATCH', path: ['merchants', id], body: params }, options)
  }

  /** The balance in the mode of the key. */
  balance(id: string, options?: RequestOptions): HedgePromise<Balance> {
    return this.#core.request({ method: 'GET', path: ['merchants', id, 'balance'] }, options)
  }
}
