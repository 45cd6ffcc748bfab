import { withFields } from '../../arguments.ts'
import type { RequestCore } from '../../request/core.ts'
import type { HedgePromise } from '../../request/hedge-promise.ts'
import type { HedgeEventType } from '../../types/event-types.ts'
import type { HedgeEvent } from '../../types/events.ts'
import type { RequestOptions } from '../../types/options.ts'
import type { WebhookTriggerParams } from '../../types/webhooks.ts'
import { signTestEvent, verifyWebhook, verifyWebhookAsync } from '../../webhooks/verify.ts'
import { WebhookDeliveries } from './deliveries.ts'
import { WebhookEndpoints } from './endpoints.ts'

/** `hedge.webhooks`. */
export class Webhooks {
  readonly endpoints: WebhookEndpoints
  readonly deliveries: WebhookDeliveries
  /** Verifies a webhook and returns its event: `hedge.webhooks.verify(body, header, secret)`. Synchronous. */
  readonly verify: typeof verifyWebhook = verifyWebhook
  /** The same as `verify`. */
  readonly verifySync: typeof verifyWebhook = verifyWebhook
  /** Like `verify`, but asynchronous, by WebCrypto. */
  readonly verifyAsync: typeof verifyWebhookAsync = verifyWebhookAsync
  /** Signs a body like the server, to test your webhook receiver. */
  readonly signTestEvent: typeof signTestEvent = signTestEvent
  readonly #core: RequestCore

  constructor(core: RequestCore) {
    this.#core = core
    this.endpoints = new WebhookEndpoints(core)
    this.deliveries = new WebhookDeliveries(core)
  }

  /** Sends a test event to your endpoints (test mode). */
  trigger(
    type: HedgeEventType,
    params: WebhookTriggerParams = {},
    options?: RequestOptions,
  ): HedgePromise<HedgeEvent> {
    const body = withFields(params, { type })
    return this.#core.post(['webhooks', 'test'], body, options)
  }
}
