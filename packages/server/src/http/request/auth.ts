import type { KeyId, MerchantId, Scope } from '@hedgepayments/contract'

/** Requests a minute that callers may share: a node of the tree of limits. */
export interface Budget {
  readonly name: string
  readonly perMinute: number
}

/** Who asks: the key of a request, as far as the rest of the server needs to know it. */
export interface Auth {
  readonly keyId: KeyId
  readonly merchantId: MerchantId
  readonly livemode: boolean
  readonly scopes: ReadonlySet<Scope>
  /** The limits that its requests count against, nearest first. */
  readonly budgets: readonly Budget[]
  /** Whether somebody who is signed in at the dashboard asks, rather than the holder of the key. */
  readonly byDashboard?: true
  /** How far its clock is ahead of the real one: 0 but where a test clock was advanced. */
  readonly clockOffsetSeconds: number
}

/** Where a request comes from, for the log of what administrators do. */
export interface Origin {
  readonly requestId: string
  readonly address: string
}
