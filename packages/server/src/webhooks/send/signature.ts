import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import { randomCharacters } from '../../domain/ids.ts'

/** Begins every secret. The rest is read as base64, as the libraries of Standard Webhooks do. */
const secretPrefix = 'whsec_'

/** Base64 of 33 bytes, between the 24 and 64 that Standard Webhooks asks for. */
const secretLength = 44

/** A new secret: 220 random bits, as letters and digits, so that a double click selects all of it. */
export function newSecret(): string {
  return secretPrefix + randomCharacters(secretLength)
}

/** A secret in the forms that sign. To make one takes Node as long as to sign several times. */
export interface Signer {
  /** For Standard Webhooks: the bytes that the secret stands for. */
  readonly standard: KeyObject
  /** For `X-Hedge-Signature`: the secret as it is written. */
  readonly own: KeyObject
}

export function signerOf(secret: string): Signer {
  return {
    standard: createSecretKey(secret.slice(secretPrefix.length), 'base64'),
    own: createSecretKey(secret, 'utf8'),
  }
}

/**
 * The headers that prove where a body comes from, each with a signature per secret: while one is
 * rotated, the old and the new one. Standard Webhooks signs `id.t.body` with the decoded secret;
 * `X-Hedge-Signature` signs `t.body` with the secret as it is written, `whsec_` included.
 */
export function signatureHeaders(signed: {
  id: string
  /** Unix seconds. */
  timestamp: number
  body: Buffer
  signers: readonly Signer[]
}): Record<string, string> {
  const { id, timestamp, body, signers } = signed
  const standard = signers.map((signer) => {
    const mac = createHmac('sha256', signer.standard).update(`${id}.${timestamp}.`).update(body)
    return `v1,${mac.digest('base64')}`
  })
  const own = signers.map((signer) => {
    const mac = createHmac('sha256', signer.own).update(`${timestamp}.`).update(body)
    return `v1=${mac.digest('hex')}`
  })
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': standard.join(' '),
    'x-hedge-signature': [`t=${timestamp}`, ...own].join(','),
  }
}
