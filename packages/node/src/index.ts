export { HedgePayments } from './client.ts'
export * from './errors.ts'
export type { Answer, HedgePromise } from './hedge-promise.ts'
export type { Page, PagePromise } from './page.ts'
export type { SignatureSource } from './signature-header.ts'
export type * from './types/api-keys.ts'
export type * from './types/audit-log.ts'
export type * from './types/cancellations.ts'
export type * from './types/checkout.ts'
export type * from './types/client-tokens.ts'
export type * from './types/event-types.ts'
export type * from './types/events.ts'
export type * from './types/lists.ts'
export type * from './types/merchants.ts'
export type * from './types/options.ts'
export type * from './types/payments.ts'
export type * from './types/test-clock.ts'
export type * from './types/webhooks.ts'
export {
  type RawBody,
  signTestEvent,
  type VerifyOptions,
  verifyWebhook,
  verifyWebhookSync,
  type WebhookSecrets,
} from './webhook-signature.ts'
