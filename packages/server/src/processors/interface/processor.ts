import type { CheckoutMethod, Money, PaymentMethod, StripeForm } from '@hedgepayments/contract'
import type { Account } from '../../domain/account.ts'
import type { PaymentToken } from '../../domain/payment-token.ts'
import type { Timestamp } from '../../domain/time.ts'
import type {
  AuthorizeResult,
  CaptureResult,
  CheckResult,
  PaymentState,
  RefundResult,
  RefundState,
  VoidResult,
} from './results.ts'
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
 * - **Refused credentials are said.** Then the `statusCode` of the error is 401 or 403, and the payment
 *   needs attention at once.
 */
export interface Processor {
  /** Stored with each payment sent there, so it never changes: `sandbox`, `stripe`. */
  readonly name: string

  /**
   * The processor's account, whose limits all of its calls share. Equal for two instances of the same
   * account, and no secret.
   */
  readonly account: string

  /** Whether people can act on payments there. Then settled payments are looked up again. */
  readonly hasDashboard?: true

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

  /** The methods that it debits at once. Omitted: it authorizes every method before it captures. */
  readonly debits?: Debits

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
   * The lists of what people and banks have done there. A processor whose API has no such lists omits
   * them. Then a dispute or a refund by hand whose message was lost stays unknown for long.
   */
  readonly searches?: Searches

  /**
   * Verifies a webhook message and names the payment that it is about. Messages arrive late, twice
   * and out of order, so the caller never trusts their content. It calls `lookUp` instead. If the
   * message does not contain the payment's id, an implementation may read it from the processor. If that
   * fails, it throws, and the processor sends the message again.
   */
  noticeFromWebhook(message: WebhookMessage): Promise<WebhookNotice>
}

/**
 * Methods such as bank debits, which cannot be authorized and captured apart. Until the undo window ends
 * or a request captures the payment, only `check` is called. So a cancel needs no void, and nothing can
 * be debited afterwards. `authorize` and `capture` are never called for these methods.
 */
export interface Debits {
  readonly methods: readonly PaymentMethod[]

  /** Checks the payment and its token. Moves no money, and creates nothing that could be debited. */
  check(payment: ProcessorPayment, request: AuthorizeRequest): Promise<CheckResult>

  /**
   * Debits the amount, or a part of it. The result is usually `undecided` for days: `lookUp` then returns
   * `undecided`, and later `captured` or `declined`. A debit that waits for the customer is ended and
   * declined, because the customer has gone.
   *
   * A debit that the bank returns after its success is a dispute that is lost at once.
   */
  debit(payment: ProcessorPayment, request: DebitRequest): Promise<CaptureResult>
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

/** Searches of an account, which find what other servers and people have made as well. */
export interface Searches {
  /** The disputes that were opened in a time. */
  disputes(query: SearchQuery): Promise<readonly FoundDispute[]>
  /** The refunds that were made in a time, also failed ones. */
  refunds(query: SearchQuery): Promise<readonly FoundRefund[]>
}

/** The time of which a search finds, in real time. */
export interface SearchQuery {
  readonly since: Timestamp
  readonly until: Timestamp
  readonly signal: AbortSignal
}

/** A dispute that a search has found. The caller looks its payment up. */
export interface FoundDispute {
  readonly paymentId: string
  readonly reference: string
}

/** A refund that a search has found. The caller looks its payment up. */
export interface FoundRefund extends FoundDispute {
  readonly refundId: RefundState['refundId']
  readonly status: RefundState['status']
}

export interface AuthorizeRequest extends Call {
  /** The customer's payment method. */
  readonly token: PaymentToken
}

export interface CaptureRequest extends Call {
  /** At most the amount of the payment. All calls about one payment pass the same amount. */
  readonly amountMinor: number
}

export interface DebitRequest extends CaptureRequest {
  /** The customer's payment method. */
  readonly token: PaymentToken
  /** The customer's acceptance on the hosted page. `null`: the merchant has it, for example on paper. */
  readonly acceptance: MandateAcceptance | null
}

/** When and where the customer has accepted that the account is debited. Personal data: never logged. */
export interface MandateAcceptance {
  readonly ipAddress: string
  readonly userAgent: string
  /** In real time. */
  readonly acceptedAt: Timestamp
}

export interface RefundRequest extends Call {
  /** `ref_…`. Refunds of a capture that followed a cancel have the payment's id instead. */
  readonly refundId: string
  readonly amountMinor: number
  readonly reason: string | null
}

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
  /** The same for a merchant with or without credentials of its own in this mode. */
  rulesWith(account: Account, own: { readonly hasCredentials: boolean }): ProcessorRules | null
  /**
   * The processor for new payments of a merchant that has set no credentials in this mode; `null` if none is
   * configured.
   */
  withoutCredentials(account: Account): Processor | null
  /** The rules of a processor by its name; `null` for an unknown name. */
  rulesOf(name: string): ProcessorRules | null
}
