import {
  ConfigurationError,
  InvalidArgumentError,
  SignatureExpiredError,
  SignatureMismatchError,
} from '../errors.ts'
import type { HedgeEvent } from '../types/events.ts'
import { builtinCrypto } from './builtin-crypto.ts'
import {
  type Bytes,
  parseSignature,
  type SignatureSource,
  signaturesMax,
} from './signature-header.ts'

/** The raw request body, before any parsing. A Node Buffer is a Uint8Array. */
export type RawBody = string | Uint8Array | ArrayBuffer

/** One secret, or several during a rotation. `undefined` throws, so `process.env.X` can be passed. */
export type WebhookSecrets = string | readonly string[] | undefined

export interface VerifyOptions {
  /** The tolerance of the signature's time, into past and future. Default: 300. */
  toleranceSeconds?: number | undefined
  /** The time of the check. Default: now. */
  now?: Date | undefined
}

/** The contract's tolerance: five minutes. */
const toleranceDefaultSeconds = 300

/**
 * Verifies that a webhook is genuine and recent, and returns its event. `signature` is the header
 * `X-Hedge-Signature`, or all headers of the request. The header has the form
 * `t=<Unix seconds>,v1=<hex>`, where `v1` is the HMAC-SHA256 of `t.body` under the secret. Rejects with
 * a SignatureVerificationError: SignatureMissingError, SignatureMalformedError,
 * SignatureMismatchError or SignatureExpiredError.
 */
export async function verifyWebhook(
  body: RawBody,
  signature: SignatureSource,
  secret: WebhookSecrets,
  options: VerifyOptions = {},
): Promise<HedgeEvent> {
  const claim = readClaim(body, signature, secret)
  let isSigned = false
  for (const secret of claim.secrets) {
    const key = await keyOf(secret, 'verify')
    for (const given of claim.signatures) {
      // WebCrypto compares in constant time.
      if (await crypto.subtle.verify('HMAC', key, given, claim.signed)) isSigned = true
    }
  }
  return eventOf(claim, isSigned, options)
}

/**
 * Like `verifyWebhook`, but synchronous. Works in Node.js, Bun and Deno. Throws ConfigurationError in
 * a runtime without `node:crypto`.
 */
export function verifyWebhookSync(
  body: RawBody,
  signature: SignatureSource,
  secret: WebhookSecrets,
  options: VerifyOptions = {},
): HedgeEvent {
  const { createHmac, timingSafeEqual } = builtinCrypto()
  const claim = readClaim(body, signature, secret)
  let isSigned = false
  for (const secret of claim.secrets) {
    const mac = createHmac('sha256', secret).update(claim.signed).digest()
    for (const given of claim.signatures) if (timingSafeEqual(mac, given)) isSigned = true
  }
  return eventOf(claim, isSigned, options)
}

/** Creates the header `X-Hedge-Signature` for a body, to test your webhook receiver. */
export async function signTestEvent(
  body: RawBody,
  secret: string,
  options: { timestamp?: Date | undefined } = {},
): Promise<string> {
  const timestamp = Math.floor((options.timestamp ?? new Date()).getTime() / 1_000)
  const key = await keyOf(secret, 'sign')
  const mac = await crypto.subtle.sign('HMAC', key, concatenate(`${timestamp}.`, bytesOf(body)))
  const hex = Array.from(new Uint8Array(mac), (byte) => byte.toString(16).padStart(2, '0'))
  return `t=${timestamp},v1=${hex.join('')}`
}

/** The parts of a webhook before its verification. */
interface Claim {
  bytes: Bytes
  signed: Bytes
  timestamp: number
  signatures: readonly Bytes[]
  secrets: readonly string[]
}

function readClaim(body: RawBody, signature: SignatureSource, secret: WebhookSecrets): Claim {
  const bytes = bytesOf(body)
  const secrets = secretsOf(secret)
  const { timestamp, signatures } = parseSignature(signature)
  return { bytes, signed: concatenate(`${timestamp}.`, bytes), timestamp, signatures, secrets }
}

function eventOf(claim: Claim, isSigned: boolean, options: VerifyOptions): HedgeEvent {
  if (!isSigned) {
    throw new SignatureMismatchError(
      'no signature matches the body and the secret; is the body the raw one, byte for byte?',
      { code: 'signature_mismatch' },
    )
  }
  // Checked after the signature, so that only a genuine signature is reported as expired.
  const ageSeconds = (options.now ?? new Date()).getTime() / 1_000 - claim.timestamp
  const toleranceSeconds = options.toleranceSeconds ?? toleranceDefaultSeconds
  if (!(Math.abs(ageSeconds) <= toleranceSeconds)) {
    throw new SignatureExpiredError(
      `the signature's time is ${Math.round(Math.abs(ageSeconds))} s in the ` +
        `${ageSeconds > 0 ? 'past' : 'future'}; up to ${toleranceSeconds} s are allowed`,
      { code: 'signature_expired' },
    )
  }
  return parseEvent(claim.bytes)
}

/** The HMAC key: the whole secret as text, including `whsec_`. */
function keyOf(secret: string, usage: 'sign' | 'verify') {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  return crypto.subtle.importKey('raw', new TextEncoder().encode(secret), algorithm, false, [usage])
}

function secretsOf(secret: WebhookSecrets): readonly string[] {
  const secrets = typeof secret === 'string' ? [secret] : (secret ?? [])
  // An empty secret would not be secret.
  if (secrets.length > 0 && secrets.length <= signaturesMax && secrets.every(Boolean)) {
    return secrets
  }
  throw new ConfigurationError("the webhook secret is missing: pass the endpoint's (whsec_…)", {
    code: 'invalid_configuration',
  })
}

function bytesOf(body: RawBody): Bytes {
  if (typeof body === 'string') return new TextEncoder().encode(body)
  if (body instanceof Uint8Array) return new Uint8Array(body)
  if (body instanceof ArrayBuffer) return new Uint8Array(body)
  throw new InvalidArgumentError(
    'the body must be the raw one (string or bytes), not a parsed one',
    { code: 'invalid_argument' },
  )
}

function concatenate(prefix: string, bytes: Bytes): Bytes {
  const head = new TextEncoder().encode(prefix)
  const all = new Uint8Array(head.length + bytes.length)
  all.set(head)
  all.set(bytes, head.length)
  return all
}

function parseEvent(bytes: Bytes): HedgeEvent {
  try {
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch (cause) {
    throw new InvalidArgumentError('the body is signed, but it is not JSON', {
      code: 'invalid_argument',
      cause,
    })
  }
}
