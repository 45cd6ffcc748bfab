import type { FastifyInstance } from 'fastify'
import { deliveryRoutes } from './delivery-routes.ts'
import { endpointRoutes } from './endpoint-routes.ts'
import { resendRoutes } from './resend-routes.ts'
import type { WebhookOptions } from './with-endpoint.ts'

/** Webhook endpoints, deliveries, retries, replays and test events. */
export function webhookRoutes(app: FastifyInstance, options: WebhookOptions): void {
  endpointRoutes(app, options)
  resendRoutes(app, options)
  deliveryRoutes(app, options)
}
