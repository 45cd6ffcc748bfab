import { type CipherKey, decrypt, deriveKey, encrypt } from './cipher.ts'

// An answer that shows a secret once is replayed to a retry, and must not be readable in the
// database. So it is encrypted with a key from the caller's secret key, of which the database has
// only a hash: only a request with that secret key opens the answer.

/** The key that seals the answers to the holder of a secret key. */
export function answerKeyOf(secretKey: string): CipherKey {
  return deriveKey(secretKey, 'idempotent answer')
}

/** Encrypts an answer for the record of the name. */
export function sealAnswer(given: { text: string; name: string; key: CipherKey }): string {
  return encrypt(given.text, { key: given.key, context: given.name }).toString('base64')
}

/** @throws where the key, the name or a byte differs from what `sealAnswer` had. */
export function openAnswer(given: { text: string; name: string; key: CipherKey }): string {
  return decrypt(Buffer.from(given.text, 'base64'), { key: given.key, context: given.name })
}
