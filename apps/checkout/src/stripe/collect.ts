import type { CheckoutMethod } from '@hedgepayments/contract'
import type { StripeError } from '@stripe/stripe-js'
import { PageError } from '../api.ts'
import { methodOfType } from './methods.ts'
import type { Opened } from './open-fields.ts'

/** A payment method, or why there is none. */
export type Collected =
  | { readonly method: CheckoutMethod; readonly token: string }
  /** The fields show what is missing or wrong. */
  | { readonly incomplete: true }
  /** A text of Stripe for the customer, in the language of the page. */
  | { readonly said: string }

/**
 * Stripe answers within seconds. After this time the customer sees an error and can try again. A customer
 * who signs in at a bank meanwhile needs minutes.
 */
const deadlinesMs: Readonly<Record<CheckoutMethod, number>> = { card: 30_000, ach: 900_000 }

/** What the page knows about the payment method that it collects. */
export interface Collecting {
  readonly methods: readonly CheckoutMethod[]
  /** The payment method that the customer has chosen. */
  readonly method: CheckoutMethod
  /** The e-mail address, where the page asks for it instead of Stripe's fields. */
  readonly email: string | undefined
}

/**
 * Turns what the customer entered into a token of Stripe. The numbers go from Stripe's own frame to
 * Stripe. A wallet opens its sheet here, so it must be called in the handler of a click.
 *
 * @throws {PageError} if Stripe does not answer, or answers with an error that is no fault of the customer.
 */
export async function collect(
  { stripe, elements }: Opened,
  { methods, method: chosen, email }: Collecting,
): Promise<Collected> {
  const { error } = await answerOf(() => elements.submit())
  if (error) return failureOf(error)
  const params = email === undefined ? {} : { params: { billing_details: { email } } }
  const made = await answerOf(() =>
    withDeadline(stripe.createPaymentMethod({ elements, ...params }), deadlinesMs[chosen]),
  )
  if (made.error) return failureOf(made.error)
  const method = methodOfType(made.paymentMethod.type, methods)
  if (!method) throw new PageError('notTaken')
  return { method, token: made.paymentMethod.id }
}

async function answerOf<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch {
    throw new PageError('processorUnreachable')
  }
}

/**
 * Codes of accounts whose numbers the bank has not given (yet). Source: https://docs.stripe.com/error-codes,
 * `financial_connections_account_…_account_numbers`.
 */
const bankCode = /^financial_connections_account_/

function failureOf(error: StripeError): Collected {
  if (error.type === 'validation_error') return { incomplete: true }
  if (error.type === 'card_error' && error.message) return { said: error.message }
  if (bankCode.test(error.code ?? '')) throw new PageError('bankUnavailable')
  throw new PageError('processorUnreachable')
}

function withDeadline<T>(answer: Promise<T>, deadlineMs: number): Promise<T> {
  const { promise: late, reject } = deferred()
  const timer = setTimeout(() => reject(new PageError('processorUnreachable')), deadlineMs)
  return Promise.race([answer, late]).finally(() => clearTimeout(timer))
}

/** `Promise.withResolvers` is too new for the phones that the page supports. */
function deferred(): { promise: Promise<never>; reject: (reason: Error) => void } {
  let reject: (reason: Error) => void = () => undefined
  const promise = new Promise<never>((_, no) => {
    reject = no
  })
  return { promise, reject }
}
