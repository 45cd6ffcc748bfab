import { createHmac } from 'node:crypto'

/** Begins every secret. The rest is base64, for the libraries of Standard Webhooks. */
const secretPrefix = 'whsec_'

/** Length of a new secret in bytes: between the 24 and 64 that Standard Webhooks asks for. */
export const secretBytes = 32

/** The text of a new secret. @param random `secretBytes` random bytes. */
export function secretOf(random: Buffer): string {
  return secretPrefix + random.toString('base64')
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
  secrets: readonly string[]
}): Record<string, string> {
  const { id, timestamp, body, secrets } = signed
  const standard = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(secretPrefix.length), 'base64')
    const mac = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body)
    return `v1,${mac.digest('base64')}`
  })
  const own = secrets.map((secret) => {
    const mac = createHmac('sha256', secret).update(`${timestamp}.`).update(body)
    return `v1=${mac.digest('hex')}`
  })
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': standard.join(' '),
    'x-hedge-signature': [`t=${timestamp}`, ...own].join(','),
  }
}
