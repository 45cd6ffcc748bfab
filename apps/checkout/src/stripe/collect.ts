import type { Stripe, StripeElements, StripeError } from '@stripe/stripe-js'
import { PageError } from '../api.ts'

/** A payment method, or why there is none. */
export type Collected =
  | { readonly token: string }
  /** The fields show what is missing or wrong. */
  | { readonly incomplete: true }
  /** A text of Stripe for the customer, in the language of the page. */
  | { readonly said: string }

/** Stripe answers within seconds. After this time the customer sees an error and can try again. */
const deadlineMs = 30_000

/**
 * Turns what the customer entered into a token of Stripe. The numbers go from Stripe's own frame to
 * Stripe. A wallet opens its sheet here, so it must be called in the handler of a click.
 *
 * @throws {PageError} if Stripe does not answer, or answers with an error that is no fault of the customer.
 */
export async function collect(stripe: Stripe, elements: StripeElements): Promise<Collected> {
  try {
    const { error } = await elements.submit()
    if (error) return failureOf(error)
    const made = await withDeadline(stripe.createPaymentMethod({ elements }))
    return made.error ? failureOf(made.error) : { token: made.paymentMethod.id }
  } catch {
    throw new PageError('processorUnreachable')
  }
}

function failureOf(error: StripeError): Collected {
  if (error.type === 'validation_error') return { incomplete: true }
  if (error.type === 'card_error' && error.message) return { said: error.message }
  throw new PageError('processorUnreachable')
}

function withDeadline<T>(answer: Promise<T>): Promise<T> {
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
