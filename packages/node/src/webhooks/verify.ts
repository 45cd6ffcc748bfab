import { findWrongName, kindOf } from '../arguments.ts'
import {
  ConfigurationError,
  InvalidArgumentError,
  SignatureExpiredError,
  SignatureMismatchError,
} from '../errors.ts'
import { isArrayBuffer, isDate } from '../realm.ts'
import { decodeText, encodeText } from '../runtime.ts'
import type { HedgeEvent } from '../types/events.ts'
import { areEqual, concatenate, hmacSha256 } from './hmac.ts'
import { type Bytes, parseSignature, signaturesMax } from './signature-header.ts'
import type { SignatureSource } from './signature-source.ts'

/** The raw request body, before any parsing. A Node Buffer is a Uint8Array. */
export type RawBody = string | Uint8Array | ArrayBuffer

/**
 * One secret, or several during a rotation. `undefined`, blank texts, texts that a missing value becomes
 * (`'undefined'`, `'whsec_'`) and API keys throw ConfigurationError, so `process.env.X` can be passed.
 */
export type WebhookSecrets = string | readonly (string | undefined)[] | undefined

export interface VerifyOptions {
  /** The tolerance of the signature's time, into past and future. Default: 300. */
  toleranceSeconds?: number | undefined
  /** The time of the check. Default: now. */
  now?: Date | undefined
}

/** The contract's tolerance: five minutes. */
const toleranceDefaultSeconds = 300

/**
 * Verifies that a webhook is genuine and recent, and returns its event. Synchronous, in every runtime.
 * `signature` is the header `X-Hedge-Signature`, or all headers of the request. The header has the form
 * `t=<Unix seconds>,v1=<hex>`, where `v1` is the HMAC-SHA256 of `t.body` under the secret.
 *
 * @throws {SignatureVerificationError} SignatureMissingError, SignatureMalformedError,
 *   SignatureMismatchError or SignatureExpiredError.
 * @throws {ConfigurationError} if a secret is not a text, is blank, or cannot be one.
 * @throws {InvalidArgumentError} if the body is not the raw one, or signed but not an event, or if the
 *   signature or an option has the wrong type.
 */
export function verifyWebhook(
  body: RawBody,
  signature: SignatureSource,
  secret: WebhookSecrets,
  options: VerifyOptions = {},
): HedgeEvent {
  checkOptions(options)
  const claim = readClaim(body, signature, secret)
  let isSigned = false
  for (const secret of claim.secrets) {
    const mac = hmacSha256(secret, claim.signed)
    for (const given of claim.signatures) if (areEqual(mac, given)) isSigned = true
  }
  return eventOf(claim, isSigned, options)
}

/**
 * Like `verifyWebhook`, but asynchronous, by WebCrypto: a large body does not block the thread in
 * runtimes without `node:crypto`. Rejects with what `verifyWebhook` throws.
 */
export async function verifyWebhookAsync(
  body: RawBody,
  signature: SignatureSource,
  secret: WebhookSecrets,
  options: VerifyOptions = {},
): Promise<HedgeEvent> {
  // Jest's jsdom and pages without https have no WebCrypto.
  if (globalThis.crypto?.subtle === undefined)
    return verifyWebhook(body, signature, secret, options)
  checkOptions(options)
  const claim = readClaim(body, signature, secret)
  let isSigned = false
  for (const secret of claim.secrets) {
    const key = await keyOf(secret)
    for (const given of claim.signatures) {
      // WebCrypto compares in constant time.
      if (await crypto.subtle.verify('HMAC', key, given, claim.signed)) isSigned = true
    }
  }
  return eventOf(claim, isSigned, options)
}

/**
 * Creates the header `X-Hedge-Signature` for a body, to test your webhook receiver. Rejects with
 * ConfigurationError if the secret is not a text, is blank, or cannot be one.
 */
export async function signTestEvent(
  body: RawBody,
  secret: string,
  options: { timestamp?: Date | undefined } = {},
): Promise<string> {
  checkNames(options, ['timestamp'])
  checkTime('timestamp', options.timestamp)
  const timestamp = Math.floor((options.timestamp ?? new Date()).getTime() / 1_000)
  const mac = hmacSha256(checkSecret(secret), concatenate(prefixOf(timestamp), bytesOf(body)))
  const hex = Array.from(mac, (byte) => byte.toString(16).padStart(2, '0'))
  return `t=${timestamp},v1=${hex.join('')}`
}

function checkOptions(options: VerifyOptions): void {
  checkNames(options, ['toleranceSeconds', 'now'])
  checkTime('now', options.now)
  const toleranceSeconds: unknown = options.toleranceSeconds ?? toleranceDefaultSeconds
  if (typeof toleranceSeconds === 'number' && toleranceSeconds >= 0) return
  const given = typeof toleranceSeconds === 'number' ? toleranceSeconds : kindOf(toleranceSeconds)
  throw invalidArgument(`toleranceSeconds is ${given}: it must be a number of seconds, 0 or more`)
}

function checkNames(options: object, names: readonly string[]): void {
  const wrong = findWrongName(options, names)
  if (wrong !== undefined) throw invalidArgument(wrong)
}

function checkTime(name: string, time: unknown): void {
  if (time === undefined || time === null) return
  if (isDate(time) && !Number.isNaN(time.getTime())) return
  const given = isDate(time) ? 'an invalid Date' : kindOf(time)
  throw invalidArgument(`${name} must be a Date, but got ${given}`)
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
  const signed = concatenate(prefixOf(timestamp), bytes)
  return { bytes, signed, timestamp, signatures, secrets }
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
function keyOf(secret: string) {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  return crypto.subtle.importKey('raw', encodeText(secret), algorithm, false, ['verify'])
}

function secretsOf(secret: WebhookSecrets): readonly string[] {
  const secrets: readonly unknown[] = Array.isArray(secret) ? secret : [secret]
  if (secrets.length > signaturesMax) {
    throw new ConfigurationError(
      `there are ${secrets.length} webhook secrets, but up to ${signaturesMax} are allowed`,
      { code: 'invalid_configuration' },
    )
  }
  return secrets.length === 0 ? [checkSecret(undefined)] : secrets.map(checkSecret)
}

/** Texts that a missing value, or the wrong one, becomes: everybody could sign with most of them. */
const noSecret =
  /^\s*(?:whsec_)?(?:undefined|null|nan|true|false|\[object .*\]|process\.env\b.*|\$\{?\w*\}?|<.*>|…|\.\.\.)?\s*$/i
/** API keys, whose owners may confuse them with the secret of an endpoint. */
const apiKey = /^\s*(?:sk|pk)_(?:test|live)_/

/** A blank secret, or one like `undefined`, would not be secret: everybody could sign with it. */
function checkSecret(secret: unknown): string {
  if (typeof secret === 'string' && apiKey.test(secret)) {
    throw new ConfigurationError(
      "the webhook secret is an API key: pass the endpoint's own secret (whsec_…)",
      { code: 'invalid_configuration' },
    )
  }
  if (typeof secret === 'string' && !noSecret.test(secret)) return secret
  throw new ConfigurationError(
    "the webhook secret is missing: pass the endpoint's (whsec_…) as a text that is not blank",
    { code: 'invalid_configuration' },
  )
}

function bytesOf(body: RawBody): Bytes {
  if (typeof body === 'string') return encodeText(body)
  if (isArrayBuffer(body)) return new Uint8Array(body)
  // Unlike `instanceof Uint8Array`, this accepts the bytes of another realm.
  if (ArrayBuffer.isView(body)) {
    return new Uint8Array(new Uint8Array(body.buffer, body.byteOffset, body.byteLength))
  }
  throw invalidArgument('the body must be the raw one (string or bytes), not a parsed one')
}

function prefixOf(timestamp: number): Bytes {
  return encodeText(`${timestamp}.`)
}

function parseEvent(bytes: Bytes): HedgeEvent {
  let event: HedgeEvent | null
  try {
    event = JSON.parse(decodeText(bytes))
  } catch (cause) {
    throw notAnEvent('JSON', cause)
  }
  if (typeof event !== 'object' || event === null || Array.isArray(event)) {
    throw notAnEvent('an object')
  }
  return event
}

function notAnEvent(expected: string, cause?: unknown): InvalidArgumentError {
  return invalidArgument(`the body is signed, but it is not ${expected}`, cause)
}

function invalidArgument(message: string, cause?: unknown): InvalidArgumentError {
  return new InvalidArgumentError(message, { code: 'invalid_argument', cause })
}
