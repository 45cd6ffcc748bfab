import type { RequestCore } from '../request/core.ts'
import type { HedgePromise } from '../request/hedge-promise.ts'
import type {
  DeletedMerchantProcessor,
  MerchantProcessor,
  MerchantProcessorSetParams,
} from '../types/merchants.ts'
import type { RequestOptions } from '../types/options.ts'

/** `hedge.merchants.processor`: a merchant's own processor, in the mode of your key. */
export class MerchantProcessors {
  readonly #core: RequestCore

  constructor(core: RequestCore) {
    this.#core = core
  }

  /** Retrieves the processor. Rejects with NotFoundError if the merchant has set none. */
  retrieve(merchantId: string, options?: RequestOptions): HedgePromise<MerchantProcessor> {
    return this.#core.get(pathOf(merchantId), options)
  }

  /** Sets or replaces the processor. Its secrets are encrypted and never shown again. */
  set(
    merchantId: string,
    params: MerchantProcessorSetParams,
    options?: RequestOptions,
  ): HedgePromise<MerchantProcessor> {
    return this.#core.post(pathOf(merchantId), params, options)
  }

  /**
   * Removes the processor and its secrets. Succeeds as well if a retry after a lost answer finds no
   * processor.
   */
  remove(merchantId: string, options?: RequestOptions): HedgePromise<DeletedMerchantProcessor> {
    const gone = { object: 'merchant_processor', deleted: true } as const
    return this.#core.delete(pathOf(merchantId), options, gone)
  }
}

const pathOf = (merchantId: string) => ['merchants', merchantId, 'processor']
