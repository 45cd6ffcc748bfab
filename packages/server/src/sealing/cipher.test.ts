import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decrypt, deriveKey, encrypt } from './cipher.ts'

const key = deriveKey('a secret', 'webhook secret')

test('a ciphertext is decrypted with the same key and context', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (text, context) => {
      expect(decrypt(encrypt(text, { key, context }), { key, context })).toBe(text)
    }),
  )
})

test('a ciphertext is not decrypted with another secret, purpose or context', () => {
  const bytes = encrypt('whsec_1', { key, context: 'we_1' })
  expect(bytes.includes('whsec_1')).toBe(false)
  const other = deriveKey('another secret', 'webhook secret')
  expect(() => decrypt(bytes, { key: other, context: 'we_1' })).toThrow()
  expect(() => decrypt(bytes, { key, context: 'we_2' })).toThrow()
  const elsewhere = deriveKey('a secret', 'processor credentials')
  expect(() => decrypt(bytes, { key: elsewhere, context: 'we_1' })).toThrow()
  const renamed = { ...key, purpose: 'processor credentials' } as const
  expect(() => decrypt(bytes, { key: renamed, context: 'we_1' })).toThrow()
})
