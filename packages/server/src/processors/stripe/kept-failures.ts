import { Stripe } from 'stripe'
import { KeptFailureError } from '../interface/results.ts'

/**
 * Makes a call with an idempotency key. Stripe keeps its own failures (5xx) under the key, so the key
 * is used up. The error page of a proxy does not count: the SDK recognizes Stripe's errors by form.
 * Source: https://docs.stripe.com/api/idempotent_requests.
 *
 * @throws {KeptFailureError} if Stripe failed; any other error unchanged.
 */
export async function withKey<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    throw isFailure(error) ? new KeptFailureError(error.message) : error
  }
}

/** Whether an error is Stripe's replay of a failure that it has kept for the key. */
export function isReplayedFailure(error: unknown): boolean {
  return isFailure(error) && error.headers?.['idempotent-replayed'] === 'true'
}

function isFailure(error: unknown): error is InstanceType<typeof Stripe.errors.StripeError> {
  return error instanceof Stripe.errors.StripeError && (error.statusCode ?? 0) >= 500
}
