import type { Stripe } from 'stripe'
import { type Static, type TSchema, Type } from 'typebox'
import { Check } from 'typebox/value'
import type { ProcessorPayment } from '../interface/processor.ts'
import { toStripeAmount } from './money/amounts.ts'

// Stripe's SDK does not check answers: it casts any JSON to the expected type. This file checks every
// answer against the request. An answer that fails the check is thrown, so that the outcome is unknown
// and the payment is looked up, instead of being taken for a success or a decline.

/** The metadata field with the payment's id, on every object that this server creates at Stripe. */
export const paymentIdName = 'hedge_payment_id'

/** The metadata field with the refund's id, on every refund that this server creates at Stripe. */
export const refundIdName = 'hedge_refund_id'

/** Stripe's answer does not fit the request. The message quotes none of it: it may contain anything. */
class UnreadableAnswerError extends Error {
  readonly code = 'unreadable_answer'

  constructor(reason: string) {
    super(`Stripe's answer cannot be read: ${reason}.`)
  }
}

const Id = Type.String({ minLength: 1, maxLength: 255 })
const Amount = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
const Metadata = Type.Record(Type.String(), Type.String())
const Text = absent(Type.String())
/** Unix seconds, up to the year 9999. */
const Seconds = Type.Integer({ minimum: 0, maximum: 253_402_300_799 })

const BalanceTransaction = Type.Object({
  fee: Type.Number(),
  currency: Type.String(),
  status: Type.String(),
  available_on: Seconds,
})

const PaymentIntent = Type.Object({
  id: Id,
  object: Type.Literal('payment_intent'),
  amount: Amount,
  amount_received: Amount,
  currency: Type.String(),
  status: Type.String(),
  metadata: Metadata,
  cancellation_reason: Text,
  last_payment_error: absent(Type.Object({ code: Text, decline_code: Text, message: Text })),
  next_action: absent(
    Type.Object({
      redirect_to_url: absent(
        // The customer's browser opens this URL.
        Type.Object({ url: absent(Type.String({ pattern: '^https://' })) }),
      ),
    }),
  ),
  latest_charge: absent(
    Type.Union([
      Type.String(),
      Type.Object({
        created: Seconds,
        disputed: absent(Type.Boolean()),
        payment_method_details: absent(
          Type.Object({ card: absent(Type.Object({ capture_before: absent(Seconds) })) }),
        ),
        balance_transaction: absent(Type.Union([Type.String(), BalanceTransaction])),
      }),
    ]),
  ),
})

const Refund = Type.Object({
  id: Id,
  object: Type.Literal('refund'),
  payment_intent: Id,
  amount: Amount,
  currency: Type.String(),
  status: Text,
  metadata: absent(Metadata),
})

const Dispute = Type.Object({
  id: Id,
  object: Type.Literal('dispute'),
  payment_intent: Id,
  amount: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
  currency: Type.String({ pattern: '^[a-z]{3}$' }),
  status: Type.String(),
  reason: Type.String({ maxLength: 255 }),
  livemode: Type.Boolean(),
  evidence_details: absent(Type.Object({ due_by: absent(Seconds) })),
  balance_transactions: absent(
    Type.Array(Type.Object({ fee: Type.Number(), currency: Type.String() })),
  ),
})

const PaymentMethod = Type.Object({
  id: Id,
  object: Type.Literal('payment_method'),
  type: Text,
})

const SearchResult = Type.Object({
  object: Type.Literal('search_result'),
  data: Type.Array(Type.Unknown()),
})

const Page = Type.Object({
  object: Type.Literal('list'),
  has_more: Type.Boolean(),
  data: Type.Array(Type.Unknown()),
})

/** Reads the PaymentIntent of a payment. If its id is known, it must be that PaymentIntent. */
export function readIntent(
  answer: unknown,
  { payment, reference }: { payment: ProcessorPayment; reference: string | null },
): Stripe.PaymentIntent {
  const intent = read(PaymentIntent, answer, 'a PaymentIntent')
  const paymentId = intent.metadata[paymentIdName]
  // The payment's id may have been removed manually. Then the PaymentIntent's own id must match.
  const isOfPayment = paymentId === undefined ? reference !== null : paymentId === payment.id
  insist(isOfPayment && (reference ?? intent.id) === intent.id, 'it is about another payment')
  insist(
    isAmountOf(payment, intent.amount) && intent.currency === payment.money.currency.toLowerCase(),
    'it is about another amount',
  )
  const { amount, amount_received: received, status } = intent
  insist(received <= amount && (status !== 'succeeded' || received > 0), 'the sum is wrong')
  return answer as Stripe.PaymentIntent
}

/** A part of a debit has a PaymentIntent of that part. */
function isAmountOf(payment: ProcessorPayment, amount: number): boolean {
  const whole = toStripeAmount(payment.money)
  if (whole === null) return false
  return payment.method === 'card' ? amount === whole : amount > 0 && amount <= whole
}

/** Reads the PaymentIntents of a search by the payment's id. */
export function readFound(answer: unknown, payment: ProcessorPayment): Stripe.PaymentIntent[] {
  const { data } = read(SearchResult, answer, 'a search result')
  return data.map((found) => readIntent(found, { payment, reference: null }))
}

/** Reads a refund of a PaymentIntent, which this server or a person made. */
export function readRefund(
  answer: unknown,
  { payment, reference }: { payment: ProcessorPayment; reference: string },
): Stripe.Refund {
  const refund = read(Refund, answer, 'a refund')
  insist(refund.payment_intent === reference, 'it is about another payment')
  insist(refund.currency === payment.money.currency.toLowerCase(), 'it is in another currency')
  return answer as Stripe.Refund
}

/** Reads one page of a PaymentIntent's refunds. `next` is the cursor of the following page. */
export function readRefunds(
  answer: unknown,
  expected: { payment: ProcessorPayment; reference: string },
): { refunds: Stripe.Refund[]; next: string | null } {
  const { data, has_more: hasMore } = read(Page, answer, 'a list of refunds')
  const refunds = data.map((refund) => readRefund(refund, expected))
  const last = refunds.at(-1)
  insist(!hasMore || last !== undefined, 'a page before the last one is empty')
  return { refunds, next: hasMore && last ? last.id : null }
}

/**
 * Reads the disputes of a PaymentIntent. There are a few at most, so they fit on one page. A dispute that
 * cannot be read must not hide the payment's refunds and settlement: it is left out.
 */
export function readDisputes(
  answer: unknown,
  { reference }: { reference: string },
): { disputes: Stripe.Dispute[]; hasUnreadable: boolean } {
  const { data, has_more: hasMore } = read(Page, answer, 'a list of disputes')
  insist(!hasMore, 'it has more than a hundred disputes')
  const disputes = data.filter((item) => Check(Dispute, item) && item.payment_intent === reference)
  return {
    disputes: disputes as Stripe.Dispute[],
    hasUnreadable: disputes.length < data.length,
  }
}

/** Reads the id of a PaymentMethod. */
export function readMethodId(answer: unknown): string {
  return read(PaymentMethod, answer, 'a PaymentMethod').id
}

/** Reads a PaymentMethod. `null`: it is no US bank account. */
export function readBankAccount(answer: unknown): unknown {
  const { type } = read(PaymentMethod, answer, 'a PaymentMethod')
  return type === 'us_bank_account' ? answer : null
}

/** @throws {UnreadableAnswerError} if a condition on Stripe's answer does not hold. */
export function insist(holds: boolean, reason: string): asserts holds {
  if (!holds) throw new UnreadableAnswerError(reason)
}

function read<T extends TSchema>(schema: T, answer: unknown, name: string): Static<T> {
  insist(Check(schema, answer), `it is not ${name}`)
  return answer as Static<T>
}

/** Stripe omits or nulls a field without a value. */
function absent<T extends TSchema>(schema: T) {
  return Type.Optional(Type.Union([schema, Type.Null()]))
}
