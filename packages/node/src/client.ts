import { configure } from './configuration.ts'
import { RequestCore } from './request/core.ts'
import { ApiKeys } from './resources/api-keys.ts'
import { AuditLog } from './resources/audit-log.ts'
import { Cancellations } from './resources/cancellations.ts'
import { CheckoutSessions } from './resources/checkout-sessions.ts'
import { ClientTokens } from './resources/client-tokens.ts'
import { Disputes } from './resources/disputes.ts'
import { Events } from './resources/events.ts'
import { Merchants } from './resources/merchants.ts'
import { Payments } from './resources/payments.ts'
import { TestClock } from './resources/test-clock.ts'
import { TestFailures } from './resources/test-failures.ts'
import { Webhooks } from './resources/webhooks/webhooks.ts'
import type { Environment, HedgePaymentsOptions } from './types/options.ts'

/** The client of the Hedge Payments API. Throws ConfigurationError if an option is wrong. */
export class HedgePayments {
  readonly payments: Payments
  readonly cancellations: Cancellations
  readonly checkout: { readonly sessions: CheckoutSessions }
  readonly disputes: Disputes
  readonly events: Events
  readonly merchants: Merchants
  readonly webhooks: Webhooks
  readonly apiKeys: ApiKeys
  readonly auditLog: AuditLog
  readonly clientTokens: ClientTokens
  readonly testClock: TestClock
  readonly testFailures: TestFailures
  /** The publishable key, if one was passed. The secret key is not readable. */
  readonly apiKey: string | undefined
  /** The mode of the secret key. */
  readonly environment: Environment
  /** The URL of the server. */
  readonly baseUrl: string

  constructor(options: HedgePaymentsOptions = {}) {
    const configuration = configure(options)
    const core = new RequestCore(configuration)
    this.apiKey = configuration.apiKey
    this.environment = configuration.environment
    this.baseUrl = configuration.baseUrl
    this.payments = new Payments(core)
    this.cancellations = new Cancellations(core)
    this.checkout = { sessions: new CheckoutSessions(core) }
    this.disputes = new Disputes(core)
    this.events = new Events(core)
    this.merchants = new Merchants(core)
    this.webhooks = new Webhooks(core)
    this.apiKeys = new ApiKeys(core)
    this.auditLog = new AuditLog(core)
    this.clientTokens = new ClientTokens(core)
    this.testClock = new TestClock(core)
    this.testFailures = new TestFailures(core)
  }
}
