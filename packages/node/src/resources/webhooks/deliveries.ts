import type { RequestCore } from '../../request/core.ts'
import type { HedgePromise } from '../../request/hedge-promise.ts'
import { listPages, type PagePromise } from '../../request/page.ts'
import type { RequestOptions } from '../../types/options.ts'
import type {
  WebhookDelivery,
  WebhookDeliveryListParams,
  WebhookDeliveryWithAttempts,
} from '../../types/webhooks.ts'

/** `hedge.webhooks.deliveries`: the log of webhook deliveries. */
export class WebhookDeliveries {
  readonly #core: RequestCore

  constructor(core: RequestCore) {
    this.#core = core
  }

  /** Lists deliveries, newest first. */
  list(
    params: WebhookDeliveryListParams = {},
    options?: RequestOptions,
  ): PagePromise<WebhookDelivery> {
    return listPages(this.#core, ['webhooks', 'deliveries'], params, options)
  }

  /** Retrieves a delivery with its attempts. */
  retrieve(id: string, options?: RequestOptions): HedgePromise<WebhookDeliveryWithAttempts> {
    return this.#core.get(['webhooks', 'deliveries', id], options)
  }

  /** Retries a delivery now. */
  retry(id: string, options?: RequestOptions): HedgePromise<WebhookDelivery> {
    return this.#core.post(['webhooks', 'deliveries', id, 'retry'], undefined, options)
  }
}
