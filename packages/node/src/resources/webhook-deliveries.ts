import type { HedgePromise } from '../hedge-promise.ts'
import { listPages, type PagePromise } from '../page.ts'
import type { RequestCore } from '../request.ts'
import type { RequestOptions } from '../types/options.ts'
import type {
  WebhookDelivery,
  WebhookDeliveryListParams,
  WebhookDeliveryWithAttempts,
} from '../types/webhooks.ts'

/** `hedge.webhooks.deliveries`: the log of what was sent. */
export class WebhookDeliveries {
  readonly #core: RequestCore

  constructor(core: RequestCore) {
    this.#core = core
  }

  /** Newest first. */
  list(
    params: WebhookDeliveryListParams = {},
    options?: RequestOptions,
  ): PagePromise<WebhookDelivery> {
    const path = ['webhooks', 'deliveries']
    return listPages({ core: this.#core, path, params, options, cursorOf: (item) => item.id })
  }

  /** With each of its attempts. */
  retrieve(id: string, options?: RequestOptions): HedgePromise<WebhookDeliveryWithAttempts> {
    return this.#core.request({ method: 'GET', path: ['webhooks', 'deliveries', id] }, options)
  }

  /** Sends it again now. */
  retry(id: string, options?: RequestOptions): HedgePromise<WebhookDelivery> {
    const path = ['webhooks', 'deliveries', id, 'retry']
    return this.#core.request({ method: 'POST', path }, options)
  }
}
