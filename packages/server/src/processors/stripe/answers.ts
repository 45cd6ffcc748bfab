import type { Stripe } from 'stripe'
import { type Static, type TSchema, Type } from 'typebox'
import { Check } from 'typebox/value'
import type { ProcessorPayment } from '../interface/processor.ts'
import { toStripeAmount } from './amounts.ts'

// The SDK hands on whatever JSON came, under the type that was hoped for. What is read here is what
// the rest of the folder may trust; what cannot be read is thrown, so that the outcome is unknown
// and gets looked up, rather than taken for a yes or a no.

/** Where everything that we make at Stripe keeps the id of the payment it belongs to. */
export const paymentIdName = 'hedge_payment_id'

/** Where a refund at Stripe keeps the id of ours. */
export const refundIdName = 'hedge_refund_id'

/** Stripe's answer cannot be true of what was asked. Quotes nothing of it: it may hold anything. */
class UnreadableAnswerError extends Error {
  readonly code = 'unreadable_answer'

  constructor(what: string) {
    super(`Stripe's answer cannot be read: ${what}.`)
  }
}

const Id = Type.String({ minLength: 1, maxLength: 255 })
const Amount = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
const Metadata = Type.Record(Type.String(), Type.String())
const Text = absent(Type.String())

const BalanceTransaction = Type.Object({
  fee: Type.Number(),
  currency: Type.String(),
  status: Type.String(),
  available_on: Type.Integer(),
})

const PaymentIntent = Type.Object({
  id: Id,
  object: Type.Literal('payment_intent'),
  amount: Amount,
  amount_received: Amount,
  currency: Type.String(),
  status: Type.String(),
  metadata: Metadata,
  last_payment_error: absent(Type.Object({ code: Text, decline_code: Text, message: Text })),
  next_action: absent(
    Type.Object({
      redirect_to_url: absent(
        // The customer's browser is sent there.
        Type.Object({ url: absent(Type.String({ pattern: '^https://' })) }),
      ),
    }),
  ),
  latest_charge: absent(
    Type.Union([
      Type.String(),
      Type.Object({
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

const PaymentMethod = Type.Object({ id: Id, object: Type.Literal('payment_method') })

const SearchResult = Type.Object({
  object: Type.Literal('search_result'),
  data: Type.Array(Type.Unknown()),
})

const RefundPage = Type.Object({
  object: Type.Literal('list'),
  has_more: Type.Boolean(),
  data: Type.Array(Type.Unknown()),
})

/** The PaymentIntent of a payment: the one that was asked for, where its id is known already. */
export function readIntent(
  answer: unknown,
  { payment, reference }: { payment: ProcessorPayment; reference: string | null },
): Stripe.PaymentIntent {
  const intent = read(PaymentIntent, answer, 'a PaymentIntent')
  const paymentId = intent.metadata[paymentIdName]
  // Somebody may have taken our id off by hand; its own id says then that it is the right one.
  const isOfPayment = paymentId === undefined ? reference !== null : paymentId === payment.id
  insist(isOfPayment && (reference ?? intent.id) === intent.id, 'it is about another payment')
  insist(
    intent.amount === toStripeAmount(payment.money) &&
      intent.currency === payment.money.currency.toLowerCase(),
    'it is about another amount',
  )
  const { amount, amount_received: received, status } = intent
  insist(received <= amount && (status !== 'succeeded' || received > 0), 'the sum is wrong')
  return answer as Stripe.PaymentIntent
}

/** The PaymentIntents that a search by our id has found. */
export function readFound(answer: unknown, payment: ProcessorPayment): Stripe.PaymentIntent[] {
  const { data } = read(SearchResult, answer, 'a search result')
  return data.map((found) => readIntent(found, { payment, reference: null }))
}

/** A refund of a PaymentIntent, by us or by hand. */
export function readRefund(
  answer: unknown,
  { payment, reference }: { payment: ProcessorPayment; reference: string },
): Stripe.Refund {
  const refund = read(Refund, answer, 'a refund')
  insist(refund.payment_intent === reference, 'it is about another payment')
  insist(refund.currency === payment.money.currency.toLowerCase(), 'it is in another currency')
  return answer as Stripe.Refund
}

/** One page of the refunds of a PaymentIntent. `next`: where the page after it begins. */
export function readRefunds(
  answer: unknown,
  asked: { payment: ProcessorPayment; reference: string },
): { refunds: Stripe.Refund[]; next: string | null } {
  const { data, has_more: hasMore } = read(RefundPage, answer, 'a list of refunds')
  const refunds = data.map((refund) => readRefund(refund, asked))
  const last = refunds.at(-1)
  insist(!hasMore || last !== undefined, 'a page is empty, and not the last one')
  return { refunds, next: hasMore && last ? last.id : null }
}

/** The id of a PaymentMethod. */
export function readMethodId(answer: unknown): string {
  return read(PaymentMethod, answer, 'a PaymentMethod').id
}

/** Throws where Stripe's answer is not what it has to be. */
export function insist(holds: boolean, what: string): asserts holds {
  if (!holds) throw new UnreadableAnswerError(what)
}

function read<T extends TSchema>(schema: T, answer: unknown, name: string): Static<T> {
  insist(Check(schema, answer), `it is not ${name}`)
  return answer as Static<T>
}

/** Stripe leaves out or nulls what there is none of. */
function absent<T extends TSchema>(schema: T) {
  return Type.Optional(Type.Union([schema, Type.Null()]))
}
