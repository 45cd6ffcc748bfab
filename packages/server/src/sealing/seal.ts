import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

// An answer that shows a secret once must be told again to a retry, but must not lie readable in
// the database. So it is encrypted by the secret key of whoever asked, of which the database has
// only a hash: only a request with that key can open it.

const algorithm = 'aes-256-gcm'
const ivBytes = 12
const tagBytes = 16

/** The key that seals what belongs to the holder of a secret key. */
export function sealKeyOf(secretKey: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secretKey, '', 'hedge: sealed idempotent answer', 32))
}

/** Encrypts a text, bound to the name under which it is stored. */
export function seal({ text, name, key }: { text: string; name: string; key: Buffer }): string {
  const iv = randomBytes(ivBytes)
  const cipher = createCipheriv(algorithm, key, iv).setAAD(Buffer.from(name))
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64')
}

/** @throws when the key or the name is not the one it was sealed with, or it was changed. */
export function unseal({ text, name, key }: { text: string; name: string; key: Buffer }): string {
  const bytes = Buffer.from(text, 'base64')
  const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, ivBytes))
    .setAAD(Buffer.from(name))
    .setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes))
  const opened = decipher.update(bytes.subarray(ivBytes + tagBytes))
  return Buffer.concat([opened, decipher.final()]).toString('utf8')
}
