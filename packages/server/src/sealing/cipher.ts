import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

/**
 * What a text is encrypted for. Each purpose has a key of its own, so a text never opens for another
 * purpose. A change of a purpose's text makes everything unreadable that was encrypted for it.
 */
export type Purpose =
  | 'webhook secret'
  | 'processor credentials'
  | 'idempotent answer'
  | 'key of heads'

/** A key for one purpose. */
export interface CipherKey {
  readonly purpose: Purpose
  readonly bytes: Buffer
}

const algorithm = 'aes-256-gcm'
const keyLength = 32
const nonceLength = 12
const tagLength = 16

/** Derives the key of a purpose from a secret, by HKDF with SHA-256. */
export function deriveKey(secret: string, purpose: Purpose): CipherKey {
  const bytes = Buffer.from(hkdfSync('sha256', secret, '', `hedge ${purpose} v1`, keyLength))
  return { purpose, bytes }
}

/**
 * Encrypts a text by AES-256-GCM.
 *
 * @param context the row or record that the text belongs to: the text opens with this context only.
 * @returns nonce, tag and ciphertext, in this order.
 */
export function encrypt(text: string, { key, context }: { key: CipherKey; context: string }) {
  const nonce = randomBytes(nonceLength)
  const cipher = createCipheriv(algorithm, key.bytes, nonce)
  cipher.setAAD(associated(key, context))
  const encrypted = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), encrypted])
}

/** @throws where the key, its purpose or the context differ from those of `encrypt`, or a byte does. */
export function decrypt(bytes: Buffer, { key, context }: { key: CipherKey; context: string }) {
  const decipher = createDecipheriv(algorithm, key.bytes, bytes.subarray(0, nonceLength), {
    authTagLength: tagLength,
  })
  decipher.setAAD(associated(key, context))
  decipher.setAuthTag(bytes.subarray(nonceLength, nonceLength + tagLength))
  const decrypted = decipher.update(bytes.subarray(nonceLength + tagLength))
  return Buffer.concat([decrypted, decipher.final()]).toString('utf8')
}

/** GCM authenticates these bytes together with the text. */
function associated({ purpose }: CipherKey, context: string): Buffer {
  return Buffer.from(`${purpose}\n${context}`)
}
