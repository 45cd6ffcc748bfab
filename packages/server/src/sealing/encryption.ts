import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto'

/** Something secret as it is stored: useless without the key that its id names. */
export interface Sealed {
  readonly keyId: string
  /** Nonce, tag and ciphertext, in this order. */
  readonly bytes: Buffer
}

const algorithm = 'aes-256-gcm'
const keyLength = 32
/** What the key is derived for: changing it makes all that was sealed unreadable. */
const purpose = 'hedge sealed secrets v1'
const nonceLength = 12
const tagLength = 16

/** Thrown where a secret was sealed with a key that is not there any more. */
export class MissingKeyError extends Error {
  constructor(keyId: string) {
    super(`the encryption key ${keyId} is not that of HEDGE_ENCRYPTION_KEY or its predecessor`)
    this.name = 'MissingKeyError'
  }
}

/**
 * Seals secrets with AES-256-GCM. The first key seals; the others only open what was sealed before
 * it came, until everything is sealed anew: that is how keys are rotated.
 */
export class Keyring {
  readonly #keys = new Map<string, Buffer>()
  readonly #current: string

  /** Of the values of HEDGE_ENCRYPTION_KEY and its predecessor. @throws where there is none. */
  constructor(secrets: readonly string[]) {
    for (const secret of secrets) {
      const key = Buffer.from(hkdfSync('sha256', secret, '', purpose, keyLength))
      this.#keys.set(idOf(key), key)
    }
    const [first] = this.#keys.keys()
    if (first === undefined) throw new Error('a keyring needs a key')
    this.#current = first
  }

  /** `context` says what it belongs to: bytes that are moved to another row do not open there. */
  seal(secret: string, context: string): Sealed {
    const nonce = randomBytes(nonceLength)
    const cipher = createCipheriv(algorithm, this.#key(this.#current), nonce)
    cipher.setAAD(Buffer.from(context))
    const text = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()])
    return { keyId: this.#current, bytes: Buffer.concat([nonce, cipher.getAuthTag(), text]) }
  }

  /** @throws {MissingKeyError}, or where the bytes or the context are not those of `seal`. */
  open({ keyId, bytes }: Sealed, context: string): string {
    const decipher = createDecipheriv(algorithm, this.#key(keyId), bytes.subarray(0, nonceLength), {
      authTagLength: tagLength,
    })
    decipher.setAAD(Buffer.from(context))
    decipher.setAuthTag(bytes.subarray(nonceLength, nonceLength + tagLength))
    const text = bytes.subarray(nonceLength + tagLength)
    return Buffer.concat([decipher.update(text), decipher.final()]).toString('utf8')
  }

  #key(keyId: string): Buffer {
    const key = this.#keys.get(keyId)
    if (!key) throw new MissingKeyError(keyId)
    return key
  }
}

/** Names a key without giving anything of it away. */
function idOf(key: Buffer): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 16)
}
