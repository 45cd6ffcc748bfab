import { bankAccount } from './accepted.ts'

/** A PaymentIntent in Stripe's books. */
export interface Intent {
  id: string
  amount: number
  currency: string
  status: string
  received: number
  cancellationReason: string | null
  metadata: Record<string, string>
  token: string | null
  /** Where the customer returns after 3-D Secure. */
  returnUrl: string | null
  error: Record<string, unknown> | null
  settled: boolean
  /** Whether a dispute or an inquiry was ever opened. */
  disputed: boolean
  /** Whether the capture is manual. Otherwise Stripe captures with the authorization. */
  isManual: boolean
  /** When the card was authorized, and until when Stripe can capture, in Unix seconds. */
  authorizedAt: number | null
  captureBefore: number | null
  /** The types of payment methods that it accepts. */
  methods: string[]
  /** When the bank decides about a debit; `null`: by hand, or it has decided. */
  decidesAtMs: number | null
}

/** A refund in Stripe's books. */
export interface Refund {
  id: string
  /** Unix seconds. */
  created: number
  payment_intent: string
  amount: number
  currency: string
  status: string
  metadata: Record<string, string>
  /** `null`: the release of what was not captured, which moves no money. */
  balance_transaction: string | null
}

/** An answer of Stripe. */
export type Answer = { status: number; body: Record<string, unknown> }

/** Whether a PaymentIntent debits a bank account. */
export function isDebit({ methods }: Pick<Intent, 'methods'>): boolean {
  return methods.includes('us_bank_account')
}

/** A PaymentIntent as Stripe shows it. */
export function showIntent(intent: Intent): Record<string, unknown> {
  const isCaptured = intent.status === 'succeeded'
  const url = `https://hooks.stripe.com/redirect/${intent.id}`
  return {
    id: intent.id,
    object: 'payment_intent',
    amount: intent.amount,
    amount_received: intent.received,
    cancellation_reason: intent.cancellationReason,
    currency: intent.currency,
    status: intent.status,
    metadata: intent.metadata,
    payment_method_types: intent.methods,
    last_payment_error: intent.error,
    next_action:
      intent.status !== 'requires_action'
        ? null
        : isDebit(intent)
          ? {
              type: 'verify_with_microdeposits',
              verify_with_microdeposits: { hosted_verification_url: url, arrival_date: 1 },
            }
          : { type: 'redirect_to_url', redirect_to_url: { url, return_url: intent.returnUrl } },
    latest_charge: showCharge(intent, isCaptured),
  }
}

function showCharge(intent: Intent, isCaptured: boolean) {
  if (intent.authorizedAt === null) return null
  return {
    id: 'ch_1',
    created: intent.authorizedAt,
    disputed: intent.disputed,
    payment_method_details: isDebit(intent)
      ? { type: 'us_bank_account', us_bank_account: bankAccount }
      : {
          type: 'card',
          card: { ...cardOf(intent.token), capture_before: intent.captureBefore },
        },
    balance_transaction: isCaptured ? showTransaction(intent) : null,
  }
}

/** The card of a token, as Stripe describes it. */
export function cardOf(token: string | null) {
  const card = { brand: 'visa', exp_month: 8, exp_year: 2031, country: 'US', funding: 'credit' }
  const isWallet = token === 'pm_card_wallet'
  const last4 = token?.includes('Declined') ? '0002' : '4242'
  return { ...card, last4, wallet: isWallet ? { type: 'apple_pay', dynamic_last4: '1111' } : null }
}

/** The time at which captured money is available. Any time is fine. */
const availableOn = Date.UTC(2024, 5, 17) / 1000

function showTransaction(intent: Intent) {
  const fee = Math.round(intent.received * 0.029) + 30
  const status = intent.settled ? 'available' : 'pending'
  return { id: 'txn_1', fee, currency: intent.currency, status, available_on: availableOn }
}

/** Replaces the charge of a PaymentIntent, and its transaction, by their ids where nobody expands them. */
export function collapse(
  body: Record<string, unknown>,
  expand: readonly string[],
): Record<string, unknown> {
  if (body.object === 'payment_intent') {
    const charge = body.latest_charge as Record<string, unknown> | null
    const paths = expand.filter((path) => /^(data\.)?latest_charge/.test(path))
    if (!charge) return body
    if (paths.length === 0) return { ...body, latest_charge: charge.id }
    const transaction = charge.balance_transaction as Record<string, unknown> | null
    const isWhole = transaction === null || paths.some((path) => path.endsWith('transaction'))
    const shown = isWhole ? charge : { ...charge, balance_transaction: transaction.id }
    return { ...body, latest_charge: shown }
  }
  return Object.fromEntries(
    Object.entries(body).map(([name, value]) => [name, collapseAny(value, expand)]),
  )
}

function collapseAny(value: unknown, expand: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((one) => collapseAny(one, expand))
  if (typeof value !== 'object' || value === null) return value
  return collapse(value as Record<string, unknown>, expand)
}

/** A refund as Stripe shows it. */
export function showRefund(refund: Refund): Record<string, unknown> {
  return { object: 'refund', ...refund }
}

/** The answer to a successful request. */
export function ok(body: Record<string, unknown>): Answer {
  return { status: 200, body }
}

/** An error answer of Stripe with additional fields. */
export function error(status: number, said: Record<string, unknown>): Answer {
  return { status, body: { error: { type: 'invalid_request_error', message: 'No.', ...said } } }
}
