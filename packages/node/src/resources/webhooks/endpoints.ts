import type { RequestCore } from '../../request/core.ts'
import type { HedgePromise } from '../../request/hedge-promise.ts'
import { listPages, type PagePromise } from '../../request/page.ts'
import type { ListParams } from '../../types/lists.ts'
import type { RequestOptions } from '../../types/options.ts'
import type {
  DeletedWebhookEndpoint,
  WebhookEndpoint,
  WebhookEndpointCreateParams,
  WebhookEndpointUpdateParams,
  WebhookEndpointWithSecret,
  WebhookReplay,
  WebhookReplayParams,
  WebhookRetry,
} from '../../types/webhooks.ts'

const base = ['webhooks', 'endpoints']

/** `hedge.webhooks.endpoints`: the URLs that receive events. */
export class WebhookEndpoints {
  readonly #core: RequestCore

  constructor(core: RequestCore) {
    this.#core = core
  }

  /** Registers an endpoint. Only this answer contains the secret. */
  create(
    params: WebhookEndpointCreateParams,
    options?: RequestOptions,
  ): HedgePromise<WebhookEndpointWithSecret> {
    return this.#core.post(base, params, options)
  }

  /** Retrieves an endpoint. */
  retrieve(id: string, options?: RequestOptions): HedgePromise<WebhookEndpoint> {
    return this.#core.get([...base, id], options)
  }

  /** Lists endpoints, newest first. */
  list(params: ListParams = {}, options?: RequestOptions): PagePromise<WebhookEndpoint> {
    return listPages(this.#core, base, params, options)
  }

  /**
   * Changes an endpoint. Retried after a lost answer only with an `idempotencyKey`, because a retry
   * without one could rotate the secret twice.
   */
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
    return this.#core.patch([...base, id], params, options)
  }

  /**
   * Deletes an endpoint and abandons its pending deliveries. Succeeds as well if a retry after a lost
   * answer does not find the endpoint.
   */
  delete(id: string, options?: RequestOptions): HedgePromise<DeletedWebhookEndpoint> {
    const gone = { id, object: 'webhook_endpoint', deleted: true } as const
    return this.#core.delete([...base, id], options, gone)
  }

  /** Retries the oldest 10,000 failed deliveries. Call it again while `has_more` is true. */
  retryFailed(id: string, options?: RequestOptions): HedgePromise<WebhookRetry> {
    return this.#core.post([...base, id, 'retry'], undefined, options)
  }

  /** Sends all events since a time again, also delivered ones. */
  replay(
    id: string,
    params: WebhookReplayParams,
    options?: RequestOptions,
  ): HedgePromise<WebhookReplay> {
    return this.#core.post([...base, id, 'replay'], params, options)
  }
}
