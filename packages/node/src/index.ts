export { HedgePayments } from './client.ts'
export * from './errors.ts'
export type { Answer, HedgePromise } from './request/hedge-promise.ts'
export type { Page, PagePromise } from './request/page.ts'
export type * from './types/api-keys.ts'
export type * from './types/audit-log.ts'
export type * from './types/cancellations.ts'
export type * from './types/checkout.ts'
export type * from './types/disputes.ts'
export type * from './types/event-types.ts'
export type * from './types/events.ts'
export type * from './types/lists.ts'
export type * from './types/merchants.ts'
export type * from './types/options.ts'
export type * from './types/payments.ts'
export type * from './types/test-mode/test-clock.ts'
export type * from './types/test-mode/test-failures.ts'
export type * from './types/webhooks.ts'
export type { SignatureSource } from './webhooks/signature-source.ts'
export {
  type RawBody,
  signTestEvent,
  type VerifyOptions,
  verifyWebhook,
  // The same function under its longer name.
  verifyWebhook as verifyWebhookSync,
  verifyWebhookAsync,
  type WebhookSecrets,
} from './webhooks/verify.ts'
