import { builtinCrypto } from './builtin-crypto.ts'
import {
  ConfigurationError,
  InvalidArgumentError,
  SignatureExpiredError,
  SignatureMismatchError,
} from './errors.ts'
import {
  type Bytes,
  parseSignature,
  type SignatureSource,
  signaturesMax,
} from './signature-header.ts'
import type { HedgeEvent } from './types/events.ts'

/** The body as it came, before anything parsed it. A Node Buffer is a Uint8Array. */
export type RawBody = string | Uint8Array | ArrayBuffer

/** One or several (while a secret is being rotated), straight from the environment if you like. */
export type WebhookSecrets = string | readonly string[] | undefined

export interface VerifyOptions {
  /** How far the signature's time may be from ours, both ways. Default: 300. */
  toleranceSeconds?: number | undefined
  /** Our time. Default: now. */
  now?: Date | undefined
}

/** Five minutes, the contract's tolerance. Source: api.md, Webhooks. */
const toleranceDefaultSeconds = 300

/**
 * Checks that a webhook is genuine and recent, and gives the event in it. `signature` is the header
 * `X-Hedge-Signature`: `t=<Unix seconds>,v1=<hex>`, an HMAC-SHA256 over `t.body` by the secret; or
 * all headers of the request. Rejects with a SignatureVerificationError: SignatureMissingError,
 * SignatureMalformedError, SignatureMismatchError or SignatureExpiredError.
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
 * As `verifyWebhook`, but throws and returns at once. For Node.js, Bun and Deno; where there is no
 * `node:crypto`, it throws ConfigurationError.
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

/** The header `X-Hedge-Signature` for a body, for tests of your own webhook receiver. */
export async function signTestEvent(
  body: RawBody,
  secret: string,
  options: { timestamp?: Date | undefined } = {},
): Promise<string> {
  const timestamp = Math.floor((options.timestamp ?? new Date()).getTime() / 1_000)
  const key = await keyOf(secret, 'sign')
  const mac = await crypto.subtle.sign('HMAC', key, joined(`${timestamp}.`, bytesOf(body)))
  const hex = Array.from(new Uint8Array(mac), (byte) => byte.toString(16).padStart(2, '0'))
  return `t=${timestamp},v1=${hex.join('')}`
}

/** What a webhook says of itself, before anything of it is believed. */
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
  return { bytes, signed: joined(`${timestamp}.`, bytes), timestamp, signatures, secrets }
}

function eventOf(claim: Claim, isSigned: boolean, options: VerifyOptions): HedgeEvent {
  if (!isSigned) {
    throw new SignatureMismatchError(
      'no signature fits the body and the secret; is the body the raw one, byte for byte?',
      { code: 'signature_mismatch' },
    )
  }
  // After the signature, so that only what is genuine is called expired.
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

/** The whole secret is the key, `whsec_` included, as text. */
function keyOf(secret: string, usage: 'sign' | 'verify'): Promise<CryptoKey> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  return crypto.subtle.importKey('raw', new TextEncoder().encode(secret), algorithm, false, [usage])
}

function secretsOf(secret: WebhookSecrets): readonly string[] {
  const secrets = typeof secret === 'string' ? [secret] : (secret ?? [])
  // An empty secret would be one that everybody knows.
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
    'the body must be the raw one (string or bytes), not one that was parsed already',
    { code: 'invalid_argument' },
  )
}

function joined(prefix: string, bytes: Bytes): Bytes {
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
