import { Stripe } from 'stripe'
import { KeptFailureError } from '../interface/processor.ts'

/**
 * Makes a call with an idempotency key, and says of a failure of Stripe's own that the key is used
 * up. A page of a proxy in between is none: the SDK knows Stripe's errors by their form.
 * Source: https://docs.stripe.com/api/idempotent_requests.
 */
export async function withKey<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    throw isFailure(error) ? new KeptFailureError(error.message) : error
  }
}

/** Whether Stripe says of a failure of its own that it has kept it for the key, and repeats it. */
export function isReplayedFailure(error: unknown): boolean {
  return isFailure(error) && error.headers?.['idempotent-replayed'] === 'true'
}

function isFailure(error: unknown): error is InstanceType<typeof Stripe.errors.StripeError> {
  return error instanceof Stripe.errors.StripeError && (error.statusCode ?? 0) >= 500
}
