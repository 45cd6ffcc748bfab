import type { HedgePromise } from '../hedge-promise.ts'
import type { RequestCore } from '../request.ts'
import type {
  DeletedMerchantProcessor,
  MerchantProcessor,
  MerchantProcessorSetParams,
} from '../types/merchants.ts'
import type { RequestOptions } from '../types/options.ts'

/** `hedge.merchants.processor`: the processor of a merchant's payments, in the mode of the key. */
export class MerchantProcessors {
  readonly #core: RequestCore

  constructor(core: RequestCore) {
    this.#core = core
  }

  /** Rejects with NotFoundError where the merchant has set none. */
  retrieve(merchantId: string, options?: RequestOptions): HedgePromise<MerchantProcessor> {
    return this.#core.request({ method: 'GET', path: pathOf(merchantId) }, options)
  }

  /** Takes the place of the one before. Its secrets are sealed, and never shown again. */
  set(
    merchantId: string,
    params: MerchantProcessorSetParams,
    options?: RequestOptions,
  ): HedgePromise<MerchantProcessor> {
    return this.#core.request({ method: 'POST', path: pathOf(merchantId), body: params }, options)
  }

  /** Forgets it and its secrets. */
  remove(merchantId: string, options?: RequestOptions): HedgePromise<DeletedMerchantProcessor> {
    return this.#core.request({ method: 'DELETE', path: pathOf(merchantId) }, options)
  }
}

const pathOf = (merchantId: string) => ['merchants', merchantId, 'processor']
