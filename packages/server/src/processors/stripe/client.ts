import { Stripe } from 'stripe'
import { fetchText, type TextResponse } from '../../outgoing/fetch-text.ts'
import { insist } from './answers.ts'

/** What a merchant's account at Stripe is reached with. */
export interface StripeAccess {
  /** `sk_test_…`, `sk_live_…` or a restricted key, `rk_…`. */
  readonly secretKey: string
  /** `whsec_…`: what messages from Stripe are signed with; `null`: none are accepted. */
  readonly webhookSecret: string | null
  /** Where the API is, `https://api.stripe.com` or a stand-in for it. */
  readonly apiBase: string
}

export const stripeApiBase = 'https://api.stripe.com'

/** Beyond any deadline of ours: the signal of each call is what ends it. */
const timeoutMs = 60_000
/** A page of a hundred charges is well below a megabyte. */
const bodyBytesMax = 4 * 1024 * 1024

/**
 * A client for one call: the SDK knows no AbortSignal, so the call's own is put under its `fetch`.
 * No retries of its own: ours know what a payment needs, and keep their idempotency keys.
 */
export function stripeClient(access: StripeAccess, signal: AbortSignal): Stripe {
  const { protocol, hostname, port } = new URL(access.apiBase)
  const abortable: typeof fetch = async (input, init) => {
    const signals = init?.signal ? [init.signal, signal] : [signal]
    const ended = { ...init, signal: AbortSignal.any(signals) }
    return readable(await fetchText(input, ended, { bytesMax: bodyBytesMax }))
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
 * The answer, if it is a JSON object. Of JSON that is none the SDK (23.1) throws where nobody
 * catches: that would end this process, and the call would never come back.
 */
function readable({ response, text }: TextResponse): Response {
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
