import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import { randomCharacters } from '../../domain/ids.ts'

/** The prefix of every secret. Libraries of Standard Webhooks decode the rest as base64. */
const secretPrefix = 'whsec_'

/** Base64 of 33 bytes. Standard Webhooks requires 24 to 64 bytes. */
const secretLength = 44

/** A new secret with 220 random bits. Letters and digits only: a double click selects it all. */
export function newSecret(): string {
  return secretPrefix + randomCharacters(secretLength)
}

/** A secret as key objects. Creating them takes as long as several signatures. */
export interface Signer {
  /** For Standard Webhooks: the decoded bytes of the secret. */
  readonly standard: KeyObject
  /** For `X-Hedge-Signature`: the secret as text. */
  readonly own: KeyObject
}

/** The key objects of a secret. */
export function signerOf(secret: string): Signer {
  return {
    standard: createSecretKey(secret.slice(secretPrefix.length), 'base64'),
    own: createSecretKey(secret, 'utf8'),
  }
}

/**
 * The headers that sign a body. Each has one signature per secret: two during a rotation. Standard
 * Webhooks signs `id.t.body` with the decoded secret; `X-Hedge-Signature` signs `t.body` with the
 * secret as text, `whsec_` included.
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
