import type { RequestCore } from '../request/core.ts'
import type { HedgePromise } from '../request/hedge-promise.ts'
import type {
  Balance,
  Merchant,
  MerchantCreateParams,
  MerchantUpdateParams,
  MerchantWithKeys,
} from '../types/merchants.ts'
import type { RequestOptions } from '../types/options.ts'
import { MerchantProcessors } from './merchant-processors.ts'

/** `hedge.merchants`. A payment's `merchant_id` is the id of its merchant. */
export class Merchants {
  /** The merchant's own processor. */
  readonly processor: MerchantProcessors
  readonly #core: RequestCore

  constructor(core: RequestCore) {
    this.#core = core
    this.processor = new MerchantProcessors(core)
  }

  /**
   * Creates a merchant with a test key pair. A call with a live key also creates a live key pair. Only
   * this answer contains the secrets.
   */
  create(params: MerchantCreateParams, options?: RequestOptions): HedgePromise<MerchantWithKeys> {
    return this.#core.post(['merchants'], params, options)
  }

  /** Retrieves the merchant of the key. Any other id rejects with NotFoundError. */
  retrieve(id: string, options?: RequestOptions): HedgePromise<Merchant> {
    return this.#core.get(['merchants', id], options)
  }

  /**
   * Changes the passed fields. Once the merchant has a live key, only live keys can change the fees and
   * the cancel window.
   */
  update(
    id: string,
    params: MerchantUpdateParams,
    options?: RequestOptions,
  ): HedgePromise<Merchant> {
    return this.#core.patch(['merchants', id], params, options)
  }

  /** Retrieves the balance in the mode of the key. */
  balance(id: string, options?: RequestOptions): HedgePromise<Balance> {
    return this.#core.get(['merchants', id, 'balance'], options)
  }
}
