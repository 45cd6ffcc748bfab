/**
 * `@hedgepayments/testing`: a Hedge Payments server for your own tests.
 *
 * ```ts
 * const sandbox = await startSandbox()
 * const { id } = await sandbox.hedge.payments.create({ … })
 * await sandbox.clock.advance('7d')
 * const { event } = await sandbox.webhooks.next('payment.succeeded')
 * await sandbox.stop()
 * ```
 *
 * @module
 */

export type { Duration, TestClock } from './clock.ts'
export type { FailureCode, SandboxMerchant } from './merchant.ts'
export type { NextOptions } from './next-options.ts'
export { type Sandbox, startSandbox } from './start-sandbox.ts'
export type { ReceivedWebhook, Webhooks } from './webhooks.ts'
