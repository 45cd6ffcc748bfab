import { Keyring } from './encryption.ts'

/** Keeps secrets that the server needs again so that a copy of the database does not tell them. */
export interface Sealer {
  /** What to store of a secret. `context` says what it belongs to: elsewhere it does not open. */
  seal(secret: string, context: string): string
  /** @throws where the key is not there any more, or the context is not that of `seal`. */
  open(sealed: string, context: string): string
}

const sealedPrefix = 'sealed'
const plainPrefix = 'plain:'

/**
 * Seals by `HEDGE_ENCRYPTION_KEY`. Without it secrets are stored as they are; those stay readable
 * once there is a key.
 *
 * @param keys the key, then the one before it.
 */
export function createSealer(keys: readonly string[]): Sealer {
  const keyring = keys.length > 0 ? new Keyring(keys) : null
  return {
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
