import {
  ConfigurationError,
  InvalidArgumentError,
  SignatureExpiredError,
  SignatureMalformedError,
  SignatureMismatchError,
  SignatureMissingError,
} from './errors.ts'
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

/** More than any rotation needs; each one costs an HMAC over the body. */
const signaturesMax = 10

/**
 * Checks that a webhook is genuine and recent, and gives the event in it. `signature` is the header
 * `X-Hedge-Signature`: `t=<Unix seconds>,v1=<hex>`, an HMAC-SHA256 over `t.body` by the secret.
 * Rejects with a SignatureVerificationError: SignatureMissingError, SignatureMalformedError,
 * SignatureMismatchError or SignatureExpiredError.
 */
export async function verifyWebhook(
  body: RawBody,
  signature: string | readonly string[] | null | undefined,
  secret: WebhookSecrets,
  options: VerifyOptions = {},
): Promise<HedgeEvent> {
  const bytes = bytesOf(body)
  const secrets = secretsOf(secret)
  const { timestamp, signatures } = parse(signature)
  const signed = joined(`${timestamp}.`, bytes)
  if (!(await isSignedByAny(signed, signatures, secrets))) {
    throw new SignatureMismatchError(
      'no signature fits the body and the secret; is the body the raw one, byte for byte?',
      { code: 'signature_mismatch' },
    )
  }
  // After the signature, so that only what is genuine is called expired.
  const ageSeconds = (options.now ?? new Date()).getTime() / 1_000 - timestamp
  const toleranceSeconds = options.toleranceSeconds ?? toleranceDefaultSeconds
  if (!(Math.abs(ageSeconds) <= toleranceSeconds)) {
    throw new SignatureExpiredError(
      `the signature's time is ${Math.round(Math.abs(ageSeconds))} s in the ` +
        `${ageSeconds > 0 ? 'past' : 'future'}; up to ${toleranceSeconds} s are allowed`,
      { code: 'signature_expired' },
    )
  }
  return parseEvent(bytes)
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

type Bytes = Uint8Array<ArrayBuffer>

function parse(header: string | readonly string[] | null | undefined): {
  timestamp: number
  signatures: Bytes[]
} {
  const text = typeof header === 'object' && header !== null ? header.join(',') : header
  if (!text) {
    throw new SignatureMissingError('there is no X-Hedge-Signature', { code: 'signature_missing' })
  }
  const parts = text.split(',').map((part) => part.trim())
  const [time, ...moreTimes] = parts.filter((part) => part.startsWith('t='))
  // Other schemes may stand beside v1 one day; a v1 that is not one is no reason to trust another.
  const signatures = parts.filter((part) => /^v1=[0-9a-f]{64}$/i.test(part))
  const isWellFormed = time !== undefined && /^t=\d{1,12}$/.test(time) && moreTimes.length === 0
  if (!isWellFormed || signatures.length === 0 || signatures.length > signaturesMax) {
    throw new SignatureMalformedError('X-Hedge-Signature is not of the form t=…,v1=…', {
      code: 'signature_malformed',
    })
  }
  return {
    timestamp: Number(time.slice(2)),
    signatures: signatures.map((part) => bytesOfHex(part.slice(3))),
  }
}

async function isSignedByAny(
  signed: Bytes,
  signatures: readonly Bytes[],
  secrets: readonly string[],
): Promise<boolean> {
  let isSigned = false
  for (const secret of secrets) {
    const key = await keyOf(secret, 'verify')
    for (const signature of signatures) {
      // WebCrypto compares in constant time.
      if (await crypto.subtle.verify('HMAC', key, signature, signed)) isSigned = true
    }
  }
  return isSigned
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

function bytesOfHex(hex: string): Bytes {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
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
