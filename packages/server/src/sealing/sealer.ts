import type { Purpose } from './cipher.ts'
import { Keyring } from './keyring.ts'

/** Stores secrets so that a copy of the database does not reveal them. */
export interface Sealer {
  /** The text to store for a secret. It opens with the same `context` only. */
  seal(secret: string, context: string): string
  /** @throws where the server does not have the key, or the context is not that of `seal`. */
  open(sealed: string, context: string): string
  /** How every text begins that is sealed as `seal` does it now. */
  readonly currentPrefix: string
}

const sealedPrefix = 'sealed'
const plainPrefix = 'plain:'

/**
 * Seals with `HEDGE_ENCRYPTION_KEY`. Without a key, secrets are stored unencrypted, and stay
 * readable after a key is set.
 *
 * @param keys the current key and the previous one.
 */
export function createSealer(keys: readonly string[], purpose: Purpose = 'webhook secret'): Sealer {
  const keyring = keys.length > 0 ? new Keyring(keys, purpose) : null
  return {
    currentPrefix: keyring ? `${sealedPrefix}:${keyring.currentId}:` : plainPrefix,
    seal(secret, context) {
      if (!keyring) return plainPrefix + secret
      const { keyId, bytes } = keyring.seal(secret, context)
      return [sealedPrefix, keyId, bytes.toString('base64')].join(':')
    },
    open(sealed, context) {
      if (sealed.startsWith(plainPrefix)) return sealed.slice(plainPrefix.length)
      const [prefix, keyId, bytes] = sealed.split(':')
      if (prefix !== sealedPrefix || keyId === undefined || bytes === undefined) {
        throw new Error('a stored secret is neither sealed nor plain')
      }
      if (!keyring) throw new Error('a sealed secret needs HEDGE_ENCRYPTION_KEY to be opened')
      return keyring.open({ keyId, bytes: Buffer.from(bytes, 'base64') }, context)
    },
  }
}
