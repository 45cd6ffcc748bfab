import type { HedgePromise } from '../hedge-promise.ts'
import { listPages, type PagePromise } from '../page.ts'
import type { RequestCore } from '../request.ts'
import type { ListParams } from '../types/lists.ts'
import type { RequestOptions } from '../types/options.ts'
import type {
  DeletedWebhookEndpoint,
  WebhookEndpoint,
  WebhookEndpointCreateParams,
  WebhookEndpointUpdateParams,
  WebhookEndpointWithSecret,
  WebhookReplay,
  WebhookReplayParams,
  WebhookRetry,
} from '../types/webhooks.ts'

const base = ['webhooks', 'endpoints']

/** `hedge.webhooks.endpoints`: where events are sent. */
export class WebhookEndpoints {
  readonly #core: RequestCore

  constructor(core: RequestCore) {
    this.#core = core
  }

  /** Its answer is the only one that shows the secret: keep it. */
  create(
    params: WebhookEndpointCreateParams,
    options?: RequestOptions,
  ): HedgePromise<WebhookEndpointWithSecret> {
    return this.#core.request({ method: 'POST', path: base, body: params }, options)
  }

  retrieve(id: string, options?: RequestOptions): HedgePromise<WebhookEndpoint> {
    return this.#core.request({ method: 'GET', path: [...base, id] }, options)
  }

  /** Newest first. */
  list(params: ListParams = {}, options?: RequestOptions): PagePromise<WebhookEndpoint> {
    return listPages({ core: this.#core, path: base, params, options, cursorOf: (item) => item.id })
  }

  /** Not repeated after a lost answer, because it could rotate the secret twice. */
  update(
    id: string,
    params: WebhookEndpointUpdateParams & { rotate_secret: true },
    options?: RequestOptions,
  ): HedgePromise<WebhookEndpointWithSecret>
  update(
    id: string,
    params: WebhookEndpointUpdateParams,
    options?: RequestOptions,
  ): HedgePromise<WebhookEndpoint>
  update(
    id: string,
    params: WebhookEndpointUpdateParams,
    options?: RequestOptions,
  ): HedgePromise<WebhookEndpoint> {
    return this.#core.request({ method: 'PATCH', path: [...base, id], body: params }, options)
  }

  delete(id: string, options?: RequestOptions): HedgePromise<DeletedWebhookEndpoint> {
    return this.#core.request({ method: 'DELETE', path: [...base, id] }, options)
  }

  /** Tries failed deliveries again, the oldest 10,000 at once: ask again while `has_more`. */
  retryFailed(id: string, options?: RequestOptions): HedgePromise<WebhookRetry> {
    return this.#core.request({ method: 'POST', path: [...base, id, 'retry'] }, options)
  }

  /** Sends every event since a time again, also those that were delivered. */
  replay(
    id: string,
    params: WebhookReplayParams,
    options?: RequestOptions,
  ): HedgePromise<WebhookReplay> {
    const path = [...base, id, 'replay']
    return this.#core.request({ method: 'POST', path, body: params }, options)
  }
}
