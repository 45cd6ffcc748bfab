import { Stripe } from 'stripe'
import { fetchText, type TextResponse } from '../../outgoing/fetch-text.ts'
import { KeptFailureError, ProcessorFailureError } from '../interface/results.ts'
import { insist } from './answers.ts'

/** The credentials of a merchant's account at Stripe. */
export interface StripeAccess {
  /** `sk_test_…`, `sk_live_…` or a restricted key, `rk_…`. */
  readonly secretKey: string
  /** `pk_…` of the same account and mode. `null`: the hosted page takes no payments. */
  readonly publishableKey: string | null
  /** `whsec_…`, which verifies webhook messages. `null`: every message is rejected. */
  readonly webhookSecret: string | null
  /** The API's base URL: `https://api.stripe.com`, or a stand-in's. */
  readonly apiBase: string
}

export const stripeApiBase = 'https://api.stripe.com'

/** The SDK's own timeout. It is longer than every deadline of this server: the signal of a call ends it. */
const timeoutMs = 60_000
/** Largest answer that is read. A page of a hundred refunds is below one megabyte. */
const bodyBytesMax = 4 * 1024 * 1024

/**
 * A client for one call. The SDK does not accept an AbortSignal, so the call's signal is passed to its
 * `fetch`. The SDK does not retry: the worker retries, with the right idempotency key.
 */
export function stripeClient(access: StripeAccess, signal: AbortSignal): Stripe {
  const { protocol, hostname, port } = new URL(access.apiBase)
  const abortable: typeof fetch = async (input, init) => {
    const signals = init?.signal ? [init.signal, signal] : [signal]
    const signalled = { ...init, signal: AbortSignal.any(signals) }
    return toJsonResponse(await fetchText(input, signalled, { bytesMax: bodyBytesMax }))
  }
  return new Stripe(access.secretKey, {
    host: hostname,
    port: port === '' ? (protocol === 'https:' ? 443 : 80) : port,
    protocol: protocol === 'https:' ? 'https' : 'http',
    httpClient: Stripe.createFetchHttpClient(abortable),
    maxNetworkRetries: 0,
    timeout: timeoutMs,
    telemetry: false,
  })
}

/**
 * The answer, which must be a JSON object. For other JSON the SDK (23.1) throws an exception that
 * cannot be caught: the process would end, and the call would never return.
 */
function toJsonResponse({ response, text }: TextResponse): Response {
  insist(isJsonObject(text), 'it is not a JSON object')
  const { status, statusText, headers } = response
  return new Response(text, { status, statusText, headers })
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}

/**
 * Makes a call with an idempotency key. Stripe keeps its own failures (5xx) under the key, so the key
 * is used up. The error page of a proxy does not count: the SDK recognizes Stripe's errors by form.
 *
 * Stripe also keeps a refusal (4xx) of a call that it had begun, such as a refund for which the balance
 * was too low. Only the replay of such a refusal shows that it was kept.
 * Source: https://docs.stripe.com/api/idempotent_requests.
 *
 * @param isDecided whether a refusal decides the call. Such a refusal is thrown unchanged.
 * @throws {KeptFailureError} if the call needs another key; any other error unchanged.
 */
export async function withKey<T>(
  run: () => Promise<T>,
  isDecided: (error: unknown) => boolean,
): Promise<T> {
  try {
    return await withReplayedKey(run, isDecided)
  } catch (error) {
    if (error instanceof ProcessorFailureError) throw new KeptFailureError(error.message)
    throw error
  }
}

/**
 * The same for a refund. A second refund would be paid too, and Stripe may have made the one that it reports
 * as failed. So the key is used up only when Stripe marks the failure as a replay.
 * Source: https://docs.stripe.com/error-low-level, "Server errors".
 */
export async function withReplayedKey<T>(
  run: () => Promise<T>,
  isDecided: (error: unknown) => boolean,
): Promise<T> {
  try {
    return await run()
  } catch (error) {
    if (isReplay(error) && !isDecided(error)) throw keptFailure(error)
    if (isFailure(error)) throw new ProcessorFailureError(error.message)
    throw error
  }
}

type StripeError = InstanceType<typeof Stripe.errors.StripeError>

/** The failure of a call whose key is used up. */
export function keptFailure({ message }: StripeError): KeptFailureError {
  return new KeptFailureError(message)
}

/** Whether an error is the replay of one that Stripe has kept for the key. */
export function isReplay(error: unknown): error is StripeError {
  return (
    error instanceof Stripe.errors.StripeError && error.headers?.['idempotent-replayed'] === 'true'
  )
}

function isFailure(error: unknown): error is StripeError {
  return error instanceof Stripe.errors.StripeError && (error.statusCode ?? 0) >= 500
}
