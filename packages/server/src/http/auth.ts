import type { KeyId, MerchantId, Scope } from '@hedgepayments/contract'
import type { Refusal } from './refusal.ts'

/** Who asks: the key of a request, as far as the rest of the server needs to know it. */
export interface Auth {
  readonly keyId: KeyId
  readonly merchantId: MerchantId
  readonly livemode: boolean
  readonly scopes: ReadonlySet<Scope>
  readonly requestsPerMinute: number
  /** Whether somebody who is signed in at the dashboard asks, rather than the holder of the key. */
  readonly byDashboard?: true
  /** What its requests are counted under, where that is not the key itself. */
  readonly countedAs?: string
  /** How far its clock is ahead of the real one: 0 but where a test clock was advanced. */
  readonly clockOffsetSeconds: number
}

/** Asked before the database is, about a key that is not known yet: the refusal, or `null`. */
export type RefuseStranger = () => Refusal | null

/** Where a request comes from, for the log of what administrators do. */
export interface Origin {
  readonly requestId: string
  readonly address: string
}

/** Whose data and which mode: what every statement is scoped by. */
export interface Account {
  readonly merchantId: string
  readonly livemode: boolean
}
