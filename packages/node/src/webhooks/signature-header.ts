import { kindOf } from '../arguments.ts'
import { InvalidArgumentError, SignatureMalformedError, SignatureMissingError } from '../errors.ts'
import type { SignatureSource } from './signature-source.ts'

/** Bytes as WebCrypto takes them. Not exported by the package: TypeScript before 5.7 lacks the type. */
export type Bytes = Uint8Array<ArrayBuffer>

/** More than a rotation needs. Each signature costs an HMAC over the body. */
export const signaturesMax = 10

const headerName = 'x-hedge-signature'

/**
 * Parses the header.
 *
 * @throws {SignatureVerificationError} if it is missing or malformed.
 * @throws {InvalidArgumentError} if the source is neither the header nor headers.
 */
export function parseSignature(source: SignatureSource): {
  timestamp: number
  signatures: Bytes[]
} {
  const text = headerOf(source)
  if (!text) {
    throw new SignatureMissingError('X-Hedge-Signature is missing', { code: 'signature_missing' })
  }
  const parts = text.split(',').map((part) => part.trim())
  const [time, ...moreTimes] = parts.filter((part) => part.startsWith('t='))
  // Other schemes may be added beside v1. Malformed v1 parts are ignored.
  const signatures = parts.filter((part) => /^v1=[0-9a-f]{64}$/i.test(part))
  const isWellFormed = time !== undefined && /^t=\d{1,12}$/.test(time) && moreTimes.length === 0
  if (!isWellFormed || signatures.length === 0 || signatures.length > signaturesMax) {
    throw new SignatureMalformedError('X-Hedge-Signature does not have the form t=…,v1=…', {
      code: 'signature_malformed',
    })
  }
  return {
    timestamp: Number(time.slice(2)),
    signatures: signatures.map((part) => bytesOfHex(part.slice(3))),
  }
}

function headerOf(source: SignatureSource): string {
  if (typeof source !== 'object' || source === null || isList(source)) return textOf(source)
  if (isHeaders(source)) return textOf(source.get(headerName))
  const found = Object.entries(source).filter(([name]) => name.toLowerCase() === headerName)
  return found.map(([, value]) => textOf(value)).join(',')
}

/** The text of a header, which may have been sent several times. */
function textOf(header: unknown): string {
  if (header === undefined || header === null) return ''
  if (typeof header === 'string') return header
  const values: readonly unknown[] = Array.isArray(header) ? header : [header]
  const wrong = values.find((value) => typeof value !== 'string')
  if (wrong === undefined && Array.isArray(header)) return values.join(',')
  throw new InvalidArgumentError(
    `the signature must be the text of X-Hedge-Signature or all headers, but got ${kindOf(wrong)}`,
    { code: 'invalid_argument' },
  )
}

function isList(source: object): source is readonly string[] {
  return Array.isArray(source)
}

function isHeaders(source: object): source is { get(name: string): string | null } {
  return 'get' in source && typeof source.get === 'function'
}

function bytesOfHex(hex: string): Bytes {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}
