import type { Money, PaymentMethod } from '@hedgepayments/contract'
import type { PaymentToken } from '../../domain/payment-token.ts'
import type { Timestamp } from '../../domain/time.ts'

/**
 * What moves the money. An instance belongs to one merchant and one mode, and holds their
 * credentials; `Processors` finds it.
 *
 * The rules, which tests/processors/conformance.ts checks of any implementation:
 *
 * - There is at most one authorization per payment id at the processor, whatever is called how
 *   often. Every call can be repeated with its idempotency key and then tells the first outcome.
 * - A result is a value, and is final: the processor said so. A call that throws leaves its
 *   outcome **unknown**, also when it ran out of time: the caller asks `lookUp`, and never guesses.
 *   Where it throws `KeptFailureError`, the key is used up: see there.
 * - A decline is a value, with a code of ours where there is one (`declineCodes`). What is wrong
 *   with the credentials or with this server is thrown: it is nobody's decline.
 * - `now` is the merchant's clock, which in test mode can be ahead of the real one.
 *   `signal` is the deadline: after it fires, the call throws soon.
 */
export interface Processor {
  /** Stored with each payment that was sent there, and never changed: `sandbox`, `stripe`. */
  readonly name: string

  /**
   * Reserves the amount; nothing is taken yet. May be called again with another token, and another
   * idempotency key, as long as the customer has not finished the action that the last one asked
   * for: then it takes that one's place.
   */
  authorize(payment: ProcessorPayment, request: AuthorizeRequest): Promise<AuthorizeResult>

  /** Takes the whole amount that was authorized. */
  capture(payment: ProcessorPayment, call: Call): Promise<CaptureResult>

  /**
   * Gives an authorization up. After `voided` no authorization of this payment can come into being
   * any more, also when none was found and a call of `authorize` is still on its way: where the
   * processor has never heard of the payment, it is made known there and given up.
   */
  void(payment: ProcessorPayment, call: Call): Promise<VoidResult>

  /** Gives back a part or all of what was captured. */
  refund(payment: ProcessorPayment, request: RefundRequest): Promise<RefundResult>

  /** The processor's truth about a payment, now. Changes nothing. Needs no reference. */
  lookUp(payment: ProcessorPayment, query: Omit<Call, 'idempotencyKey'>): Promise<ProcessorTruth>

  /**
   * Reads a message that claims to come from the processor. A notice only says where to look:
   * messages come late, twice and out of order, so that what is true is always asked by `lookUp`.
   */
  noticeFromWebhook(message: WebhookMessage): Promise<WebhookNotice>
}

/** A payment as processors know it. The same values for every call about one payment. */
export interface ProcessorPayment {
  /** `pay_…`: what the processor must be able to find it by. */
  readonly id: string
  readonly money: Money
  readonly method: PaymentMethod
  readonly customerEmail: string
  readonly description: string | null
  readonly statementDescriptor: string | null
  /** Where the customer comes back to after an action elsewhere. */
  readonly returnUrl: string
  /** The processor's own name for it, once an answer told it. Unknown after a crash. */
  readonly reference: string | null
}

export interface Call {
  /** Unlike that of any other call; the same for every repetition of this one. */
  readonly idempotencyKey: string
  readonly now: Timestamp
  readonly signal: AbortSignal
}

export interface AuthorizeRequest extends Call {
  /** What the customer pays with. */
  readonly token: PaymentToken
}

export interface RefundRequest extends Call {
  /** `ref_…`; a refund that answers a capture after a cancel has the payment's id. */
  readonly refundId: string
  readonly amountMinor: number
  readonly reason: string | null
}

export type AuthorizeResult =
  | { readonly outcome: 'authorized'; readonly reference: string }
  | { readonly outcome: 'action_required'; readonly reference: string; readonly action: NextAction }
  | Declined
  | Undecided

export type CaptureResult =
  | ({ readonly outcome: 'captured'; readonly reference: string } & Captured)
  /** Also where the authorization is gone: `authorization_expired`. */
  | Declined
  | Undecided

export type VoidResult =
  | { readonly outcome: 'voided' }
  /** Too late: the money was taken, by hand or by a call that was thought lost. Refund it. */
  | ({ readonly outcome: 'captured' } & Captured)
  | Undecided

export type RefundResult =
  | { readonly outcome: 'refunded'; readonly reference: string }
  | Declined
  | Undecided

/**
 * The processor has failed, and keeps this answer for the idempotency key: a repetition would hear
 * of nothing else. Once a look-up says that nothing was done, the call goes out with another key.
 */
export class KeptFailureError extends Error {
  readonly code = keptFailureCode
}
export const keptFailureCode = 'kept_failure'

/** What the processor says of a payment. */
export type ProcessorTruth =
  /** It has never heard of it. A call that is still on its way may change that. */
  | { readonly state: 'absent' }
  /** It has it, and has not decided: ask again. */
  | { readonly state: 'undecided'; readonly reference: string }
  | { readonly state: 'action_required'; readonly reference: string; readonly action: NextAction }
  | { readonly state: 'declined'; readonly reference: string | null; readonly decline: Decline }
  | { readonly state: 'authorized'; readonly reference: string }
  | { readonly state: 'voided'; readonly reference: string }
  | ({
      readonly state: 'captured'
      readonly reference: string
      readonly refunds: readonly RefundTruth[]
      /** When the money reached the merchant's balance for good; `null`: not yet. */
      readonly settledAt: Timestamp | null
    } & Captured)

/** One refund at the processor. */
export interface RefundTruth {
  /** The `refundId` it was made with; `null` for one that was made by hand. */
  readonly refundId: string | null
  readonly reference: string
  readonly amountMinor: number
  readonly status: 'pending' | 'succeeded' | 'failed'
}

export interface Captured {
  readonly capturedMinor: number
  /** What the processor keeps, in minor units of the payment's currency; `null`: it does not say. */
  readonly feeMinor: number | null
}

/** It was taken, and the processor does not know yet what becomes of it: `lookUp` later. */
export interface Undecided {
  readonly outcome: 'undecided'
  readonly reference: string
}

export interface Declined {
  readonly outcome: 'declined'
  readonly reference: string | null
  readonly decline: Decline
}

export interface Decline {
  /** One of `declineCodes`, or the processor's own where none fits. */
  readonly code: string
  /** For the customer; holds no card data. */
  readonly message: string
}

/** What the customer has to do before the processor decides: 3-D Secure. */
export interface NextAction {
  readonly type: 'redirect_to_url'
  readonly url: string
}

export interface WebhookMessage {
  /** Lower-case names. Only headers that may stand once, and do: a signature is one of them. */
  readonly headers: Readonly<Record<string, string | undefined>>
  /** The bytes, as they came: signatures are over these. */
  readonly body: Buffer
  readonly now: Timestamp
}

export type WebhookNotice =
  /** The signature is missing, wrong or too old. Answer 400 and do nothing. */
  | { readonly kind: 'rejected'; readonly reason: string }
  /** Genuine, and about nothing of ours. */
  | { readonly kind: 'ignored' }
  | { readonly kind: 'look'; readonly paymentId: string }

/** Codes that every processor's declines are told in, as far as they fit. */
export const declineCodes = [
  'card_declined',
  'insufficient_funds',
  'lost_card',
  'stolen_card',
  'expired_card',
  'incorrect_cvc',
  'processing_error',
  'authentication_failed',
  'authorization_expired',
  'account_closed',
  'invalid_token',
  'refund_failed',
] as const
export type DeclineCode = (typeof declineCodes)[number]

/** Finds the processor of a merchant and mode. */
export interface Processors {
  /** The one new payments go to; `null`: none is configured, as in live mode at first. */
  forNew(account: ProcessorAccount): Promise<Processor | null>
  /** The one a payment was sent to. Throws where it is no longer configured. */
  forSent(account: ProcessorAccount, name: string): Promise<Processor>
}

export interface ProcessorAccount {
  readonly merchantId: string
  readonly livemode: boolean
}
