import type { KeyId, MerchantId, Scope } from '@hedgepayments/contract'

/** A limit of requests per minute. Several keys may share one: see `merchants/keys.ts`. */
export interface Budget {
  readonly name: string
  readonly perMinute: number
}

/** The authenticated caller of a request: its API key, merchant, mode and limits. */
export interface Auth {
  readonly keyId: KeyId
  readonly merchantId: MerchantId
  readonly livemode: boolean
  readonly scopes: ReadonlySet<Scope>
  /** The limits that each request counts against, nearest first. */
  readonly budgets: readonly Budget[]
  /** Whether the request comes from a session of the dashboard, which the key began. */
  readonly byDashboard?: true
  /** How far the merchant's test clock is ahead of the real time; 0 in live mode. */
  readonly clockOffsetSeconds: number
}

/** Where a request comes from, for the audit log. */
export interface Origin {
  readonly requestId: string
  readonly address: string
}
