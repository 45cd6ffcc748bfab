import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'

/** Begins every secret. The rest is base64, for the libraries of Standard Webhooks. */
const secretPrefix = 'whsec_'

/** Length of a new secret in bytes: between the 24 and 64 that Standard Webhooks asks for. */
export const secretBytes = 32

/** The text of a new secret. @param random `secretBytes` random bytes. */
export function secretOf(random: Buffer): string {
  return secretPrefix + random.toString('base64')
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
