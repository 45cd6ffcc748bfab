import type {
  CheckoutMethod,
  DisputeStatus,
  Money,
  PaymentMethod,
  PaymentMethodDetails,
  StripeForm,
} from '@hedgepayments/contract'
import type { Account } from '../../domain/account.ts'
import type { PaymentToken } from '../../domain/payment-token.ts'
import type { Timestamp } from '../../domain/time.ts'
import type { ProcessorRules } from './rules.ts'

/**
 * A payment processor: the service that moves the money. An instance belongs to one merchant and
 * mode and holds their credentials. `Processors` returns it.
 *
 * Every implementation follows these rules. tests/processors/conformance.ts checks them.
 *
 * - **Once.** At the processor, a payment id has at most one authorization. A repeated call with the
 *   same idempotency key returns the first result.
 * - **A result is final.** The processor has decided. A call that throws, also by its deadline,
 *   leaves the outcome unknown. The caller then calls `lookUp`. A call that throws
 *   `KeptFailureError` has also used up its idempotency key.
 * - **A decline is a result.** Its code is one of `declineCodes` if one fits. Wrong credentials and
 *   faults of this server are thrown instead, because the customer cannot fix them.
 * - **The clock comes in.** `now` is the merchant's clock. In test mode it can be ahead of real time.
 * - **The deadline comes in.** Soon after `signal` aborts, the call throws.
 * - **Too many calls are said.** A call that the processor refuses for its rate throws an error whose
 *   `statusCode` is 429. Then fewer calls of the account are made at the same time.
 */
export interface Processor {
  /** Stored with each payment sent there, so it never changes: `sandbox`, `stripe`. */
  readonly name: string

  /**
   * The processor's account, whose limits all of its calls share. Equal for two instances of the same
   * account, and no secret.
   */
  readonly account: string

  /** What it accepts. A payment that these rules accept may still be declined. */
  readonly rules: ProcessorRules

  /**
   * How the hosted page collects the payment method for an amount. `null`: the page cannot, because
   * a setting is missing, or the processor cannot express the amount.
   */
  pageForm(money: Money): PageForm | null

  /**
   * Reserves the amount. No money is taken yet.
   *
   * After `action_required`, and until the customer has finished the action, a call with another
   * token and another idempotency key replaces the earlier one.
   */
  authorize(payment: ProcessorPayment, request: AuthorizeRequest): Promise<AuthorizeResult>

  /** Takes the authorized amount, or a part of it. Then the rest is released. */
  capture(payment: ProcessorPayment, request: CaptureRequest): Promise<CaptureResult>

  /**
   * Voids the authorization, for good. After `voided`, no call of `authorize` for this payment can
   * succeed any more, not even one that is still on its way. So if the processor does not know the
   * payment yet, an implementation creates it there and voids it.
   */
  void(payment: ProcessorPayment, call: Call): Promise<VoidResult>

  /** Returns some or all of the captured amount to the customer. */
  refund(payment: ProcessorPayment, request: RefundRequest): Promise<RefundResult>

  /** Reads the payment's current state at the processor. Changes nothing. Works without a reference. */
  lookUp(payment: ProcessorPayment, query: Query): Promise<PaymentState>

  /**
   * Finds the disputes that were opened since a time, also those of other servers. A processor whose API
   * has no such list omits this method. Then a dispute whose message was lost may stay unknown.
   */
  findDisputes?(query: DisputeQuery): Promise<readonly FoundDispute[]>

  /**
   * Verifies a webhook message and names the payment that it is about. Messages arrive late, twice
   * and out of order, so the caller never trusts their content. It calls `lookUp` instead. If the
   * message does not contain the payment's id, an implementation may read it from the processor. If that
   * fails, it throws, and the processor sends the message again.
   */
  noticeFromWebhook(message: WebhookMessage): Promise<WebhookNotice>
}

/** How the hosted page collects a payment method. */
export type PageForm = {
  /** The payment methods that the form offers. */
  readonly methods: readonly CheckoutMethod[]
} & (
  | /** The page's own fields, for the numbers of test mode. */ { readonly type: 'own_fields' }
  /** Fields of Stripe. The page sends a token, and this server never gets a number. */
  | { readonly type: 'stripe'; readonly stripe: StripeForm }
)

/** A payment as a processor needs it. All calls about one payment pass the same values. */
export interface ProcessorPayment {
  /** `pay_…`. The processor must be able to find the payment by this id alone. */
  readonly id: string
  readonly money: Money
  readonly method: PaymentMethod
  readonly customerEmail: string
  readonly description: string | null
  readonly statementDescriptor: string | null
  /** The URL to which the customer returns after an action elsewhere. */
  readonly returnUrl: string
  /** The processor's own id of the payment. `null` until a result names it, as after a crash. */
  readonly reference: string | null
}

/** The arguments of every call that may move money. */
export interface Call {
  /** Different for each call, and the same for each repetition of one call. */
  readonly idempotencyKey: string
  readonly now: Timestamp
  readonly signal: AbortSignal
}

/** The arguments of a call that only reads. */
export type Query = Omit<Call, 'idempotencyKey'>

/** A search for disputes, in real time. */
export interface DisputeQuery {
  readonly since: Timestamp
  readonly signal: AbortSignal
}

/** A dispute that a search has found. The caller looks its payment up. */
export interface FoundDispute {
  readonly paymentId: string
  readonly reference: string
}

export interface AuthorizeRequest extends Call {
  /** The customer's payment method. */
  readonly token: PaymentToken
}

export interface CaptureRequest extends Call {
  /** At most the amount of the payment. All calls about one payment pass the same amount. */
  readonly amountMinor: number
}

export interface RefundRequest extends Call {
  /** `ref_…`. Refunds of a capture that followed a cancel have the payment's id instead. */
  readonly refundId: string
  readonly amountMinor: number
  readonly reason: string | null
}

export type AuthorizeResult =
  | ({ readonly outcome: 'authorized'; readonly reference: string } & Authorized)
  | { readonly outcome: 'action_required'; readonly reference: string; readonly action: NextAction }
  | Declined
  | Undecided

export type CaptureResult =
  | ({
      readonly outcome: 'captured'
      readonly reference: string
      /** Refunds that a person made before this call, where the money was captured before it. */
      readonly refunds?: readonly RefundState[]
      /** Whether the payment is disputed already. The caller then looks up its disputes. */
      readonly isDisputed?: boolean
    } & Captured)
  /** If the authorization has ended, the code is `authorization_expired`. */
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
 * The state of one dispute at the processor. While it is open, and after it is lost, the processor has
 * withdrawn the amount. A mere inquiry, which withdraws nothing, is no dispute.
 */
export interface DisputeState {
  /** The processor's own id of the dispute. */
  readonly reference: string
  readonly amountMinor: number
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

/** A request that claims to come from the processor. */
export interface WebhookMessage {
  /** Lower-case names. Contains only headers that must not repeat, as signatures are. */
  readonly headers: Readonly<Record<string, string | undefined>>
  /** The unparsed bytes, because signatures cover them. */
  readonly body: Buffer
  readonly now: Timestamp
  readonly signal: AbortSignal
}

export type WebhookNotice =
  /** The signature is missing, wrong or too old. The caller answers 400 and does nothing. */
  | { readonly kind: 'rejected'; readonly reason: string }
  /** The message is genuine, and about no payment of this server. */
  | { readonly kind: 'ignored' }
  /** The message is genuine. The caller looks the payment up. */
  | { readonly kind: 'look_up'; readonly paymentId: string; readonly about?: 'dispute' }

/** The decline codes that all processors share. */
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
  /** The processor for new payments; `null` if none is configured, as in live mode at first. */
  forNew(account: Account): Promise<Processor | null>
  /** The processor that a payment was sent to. Throws if that is no longer configured. */
  forSent(account: Account, name: string): Promise<Processor>
  /** The rules of the processor for new payments; `null` if none is configured. Opens no credentials. */
  rulesForNew(account: Account): Promise<ProcessorRules | null>
  /** The rules of a processor by its name; `null` for an unknown name. */
  rulesOf(name: string): ProcessorRules | null
}
