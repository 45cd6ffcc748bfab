import type { DisputeStatus, PaymentMethodDetails } from '@hedgepayments/contract'
import type { Timestamp } from '../../domain/time.ts'

export type AuthorizeResult =
  | ({ readonly outcome: 'authorized'; readonly reference: string } & Authorized)
  | { readonly outcome: 'action_required'; readonly reference: string; readonly action: NextAction }
  | Declined
  | Undecided

/** The result of the check before a debit. `accepted`: the account can be debited later. */
export type CheckResult =
  | {
      readonly outcome: 'accepted'
      /** The account, for support. Absent if the processor does not say. */
      readonly method?: PaymentMethodDetails
    }
  | Declined

export type CaptureResult =
  | ({
      readonly outcome: 'captured'
      readonly reference: string
      /** Refunds that a person made before this call, where the money was captured before it. */
      readonly refunds?: readonly RefundState[]
      /** Whether the payment is disputed already. The caller then looks up its disputes. */
      readonly isDisputed?: boolean
    } & Captured)
  /** If the authorization has ended, as `endedDecline` says. */
  | Declined
  | Undecided

export type VoidResult =
  | { readonly outcome: 'voided' }
  /** Too late: the money was taken, manually or by a call whose result was lost. Refund it. */
  | ({ readonly outcome: 'captured' } & Captured)
  | Undecided

export type RefundResult =
  | { readonly outcome: 'refunded'; readonly reference: string }
  | Declined
  | Undecided

/** The processor has accepted the call and has not decided. Call `lookUp` later. */
export interface Undecided {
  readonly outcome: 'undecided'
  readonly reference: string
}

/** The processor has refused for good. */
export interface Declined {
  readonly outcome: 'declined'
  readonly reference: string | null
  readonly decline: Decline
}

export interface Decline {
  /** One of `declineCodes`, or the processor's own code if none fits. */
  readonly code: string
  /** A text for the customer. Contains no card data. */
  readonly message: string
  /** The card or account that was declined. Absent if the processor does not say. */
  readonly method?: PaymentMethodDetails
}

/** How long the processor keeps the authorization, and of which card or account it is. */
export interface Authorized {
  /** From this time on, a capture may fail. `null`: the processor has no end. */
  readonly expiresAt: Timestamp | null
  /** The card or account, for support. Never its whole number. Absent if the processor does not say. */
  readonly method?: PaymentMethodDetails
}

/** How much was captured, in minor units of the payment's currency. */
export interface Captured {
  readonly capturedMinor: number
  /** The processor's fee; `null` if the processor does not report one. */
  readonly feeMinor: number | null
}

/** What the customer must do before the processor decides: 3-D Secure. */
export interface NextAction {
  readonly type: 'redirect_to_url'
  readonly url: string
}

/** The state of a payment at the processor. */
export type PaymentState =
  /** The processor does not know the payment. A call that is still on its way may change that. */
  | { readonly state: 'absent' }
  /** The processor knows the payment and has not decided. Look it up again later. */
  | { readonly state: 'undecided'; readonly reference: string }
  | { readonly state: 'action_required'; readonly reference: string; readonly action: NextAction }
  | { readonly state: 'declined'; readonly reference: string | null; readonly decline: Decline }
  | ({ readonly state: 'authorized'; readonly reference: string } & Authorized)
  | {
      readonly state: 'voided'
      readonly reference: string
      /** Why: nobody captured the authorization in time, or somebody canceled it. */
      readonly cause: 'expired' | 'canceled'
    }
  | ({
      readonly state: 'captured'
      readonly reference: string
      readonly refunds: readonly RefundState[]
      /** All disputes, also those that are decided. A processor without disputes omits them. */
      readonly disputes?: readonly DisputeState[]
      /** Whether `disputes` is not complete: one cannot be read. */
      readonly hasUnreadableDispute?: boolean
      /** Whether the bank asks about the payment. Such an inquiry may become a dispute. */
      readonly hasInquiry?: boolean
      /** When the money reached the merchant's balance; `null` until then. */
      readonly settledAt: Timestamp | null
      /** As in `Authorized`. */
      readonly method?: PaymentMethodDetails
    } & Captured)

/** The state of one refund at the processor. */
export interface RefundState {
  /** The `refundId` of its request; `null` for a refund that a person made at the processor. */
  readonly refundId: string | null
  /** The processor's own id of the refund, which never changes. */
  readonly reference: string
  readonly amountMinor: number
  readonly status: 'pending' | 'succeeded' | 'failed'
}

/**
 * The state of one dispute at the processor. While it is open, the processor has withdrawn the amount. A
 * mere inquiry, which withdraws nothing, is no dispute.
 */
export interface DisputeState {
  /** The processor's own id of the dispute. */
  readonly reference: string
  readonly amountMinor: number
  /**
   * How much of the amount is withdrawn after the dispute is lost. Absent: all of it. Less where a part
   * came back, such as what was refunded before.
   */
  readonly withdrawnMinor?: number
  /** The currency of the amounts and the fee. Absent: the payment's. */
  readonly currency?: string
  /** The processor's fee, without what it has returned. 0 if the processor does not report one. */
  readonly feeMinor: number
  readonly status: DisputeStatus
  /** The processor's code of the reason, such as `fraudulent`. */
  readonly reason: string
  /** Until when the processor accepts evidence; `null`: it accepts none. */
  readonly evidenceDueBy: Timestamp | null
  /** The dispute in the processor's dashboard; `null`: there is no such page. */
  readonly url: string | null
}

/**
 * The processor failed and stored this failure under the idempotency key, so a repetition returns
 * the same failure. If a look-up shows that nothing was done, the call is sent with another key.
 */
export class KeptFailureError extends Error {
  readonly code = keptFailureCode
}
export const keptFailureCode = 'kept_failure'

/**
 * The processor reports a failure of its own, and may have carried out the call nevertheless. The call is
 * repeated with the same key.
 */
export class ProcessorFailureError extends Error {
  readonly code = 'processor_failure'
}

/** The merchant's credentials for a processor are missing, or cannot be decrypted. */
export class CredentialsMissingError extends Error {
  readonly statusCode = 401
}

/** Whether a processor refuses the merchant's credentials, or there are none. */
export function isCredentialsRefusal(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { statusCode } = error as { statusCode?: unknown }
  return statusCode === 401 || statusCode === 403
}

/** The declines of an authorization that the processor does not have any more. */
const endedDeclines = {
  expired: {
    code: 'authorization_expired',
    message: 'The authorization has ended without a capture.',
  },
  canceled: {
    code: 'canceled_at_processor',
    message: 'The payment was canceled at the processor.',
  },
} as const satisfies Readonly<Record<string, Decline>>

/** The decline of a payment whose authorization has expired, or was canceled at the processor. */
export function endedDecline(cause: keyof typeof endedDeclines): Decline {
  return endedDeclines[cause]
}

/** Whether a decline says that the processor does not have the authorization any more. */
export function isEnded({ code }: Decline): boolean {
  return Object.values(endedDeclines).some((ended) => ended.code === code)
}
