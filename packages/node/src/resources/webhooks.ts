import type { HedgePromise } from '../hedge-promise.ts'
import type { RequestCore } from '../request.ts'
import type { HedgeEventType } from '../types/event-types.ts'
import type { HedgeEvent } from '../types/events.ts'
import type { RequestOptions } from '../types/options.ts'
import type { WebhookTriggerParams } from '../types/webhooks.ts'
import { signTestEvent, verifyWebhook, verifyWebhookSync } from '../webhook-signature.ts'
import { WebhookDeliveries } from './webhook-deliveries.ts'
import { WebhookEndpoints } from './webhook-endpoints.ts'

/** `hedge.webhooks`. Source: api.md, Webhooks. */
export class Webhooks {
  readonly endpoints: WebhookEndpoints
  readonly deliveries: WebhookDeliveries
  /** Checks a webhook and gives its event: `await hedge.webhooks.verify(body, header, secret)`. */
  readonly verify: typeof verifyWebhook = verifyWebhook
  /** As `verify`, without a promise, on Node.js, Bun and Deno. */
  readonly verifySync: typeof verifyWebhookSync = verifyWebhookSync
  /** Signs a body as the server does, for tests of your own receiver. */
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
    const body = { ...params, type }
    return this.#core.request({ method: 'POST', path: ['webhooks', 'test'], body }, options)
  }
}
