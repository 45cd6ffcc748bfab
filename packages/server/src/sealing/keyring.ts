import { createHash } from 'node:crypto'
import { type CipherKey, decrypt, deriveKey, encrypt, type Purpose } from './cipher.ts'

/** A secret as it is stored. It opens only with the key that `keyId` names. */
export interface Sealed {
  readonly keyId: string
  /** As `encrypt` returns them. */
  readonly bytes: Buffer
}

/** Thrown where a secret was sealed with a key that the server does not have. */
export class MissingKeyError extends Error {
  constructor(keyId: string) {
    super(
      `the encryption key ${keyId} is neither HEDGE_ENCRYPTION_KEY nor HEDGE_ENCRYPTION_KEY_PREVIOUS`,
    )
    this.name = 'MissingKeyError'
  }
}

/**
 * Seals secrets of one purpose. The first key seals. The other keys open what was sealed before the
 * first key came: this is how keys are rotated.
 */
export class Keyring {
  readonly #keys = new Map<string, CipherKey>()
  readonly #current: string

  /**
   * @param secrets the values of HEDGE_ENCRYPTION_KEY and HEDGE_ENCRYPTION_KEY_PREVIOUS.
   * @throws where there is no secret.
   */
  constructor(secrets: readonly string[], purpose: Purpose) {
    for (const secret of secrets) {
      const key = deriveKey(secret, purpose)
      this.#keys.set(idOf(key), key)
    }
    const [first] = this.#keys.keys()
    if (first === undefined) throw new Error('a keyring needs a key')
    this.#current = first
  }

  /** The id of the key that seals. */
  get currentId(): string {
    return this.#current
  }

  /** The ids of all keys. */
  get ids(): string[] {
    return [...this.#keys.keys()]
  }

  /** `context` names the row that the secret belongs to. Moved to another row, it does not open. */
  seal(secret: string, context: string): Sealed {
    const key = this.#key(this.#current)
    return { keyId: this.#current, bytes: encrypt(secret, { key, context }) }
  }

  /** @throws {MissingKeyError}, or where the bytes or the context are not those of `seal`. */
  open({ keyId, bytes }: Sealed, context: string): string {
    return decrypt(bytes, { key: this.#key(keyId), context })
  }

  #key(keyId: string): CipherKey {
    const key = this.#keys.get(keyId)
    if (!key) throw new MissingKeyError(keyId)
    return key
  }
}

/** Names a key without revealing any of it. */
function idOf({ bytes }: CipherKey): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16)
}
