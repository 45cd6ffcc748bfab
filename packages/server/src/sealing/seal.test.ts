import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hashSecret } from '../merchants/secrets.ts'
import { seal, sealKeyOf, unseal } from './seal.ts'

const key = sealKeyOf('sk_test_of_whoever_asked')

test('what was sealed is opened again with the same key and name', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (text, name) => {
      expect(unseal({ text: seal({ text, name, key }), name, key })).toBe(text)
    }),
  )
})

test('another key, another name or a changed byte opens nothing', () => {
  const text = seal({ text: '{"secret_key":"sk_test_new"}', name: 'merch_1 false key', key })
  expect(Buffer.from(text, 'base64').toString('latin1')).not.toContain('sk_test_new')
  const other = sealKeyOf('sk_test_of_another')
  expect(() => unseal({ text, name: 'merch_1 false key', key: other })).toThrow()
  expect(() => unseal({ text, name: 'merch_2 false key', key })).toThrow()
  const changed = Buffer.from(text, 'base64')
  changed[30] = (changed[30] ?? 0) ^ 1
  const broken = changed.toString('base64')
  expect(() => unseal({ text: broken, name: 'merch_1 false key', key })).toThrow()
})

test('the key that seals does not follow from the hash that the database holds', () => {
  const secret = 'sk_test_of_whoever_asked'
  expect(key.equals(hashSecret(secret))).toBe(false)
  expect(sealKeyOf(hashSecret(secret).toString('hex')).equals(key)).toBe(false)
})
