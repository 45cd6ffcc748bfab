import { expect, test } from 'vitest'
import { newKeyPair } from './secrets.ts'

test('a secret key that the server generates has 200 random bits: 40 characters of 32', () => {
  const keys = Array.from({ length: 2_000 }, (_, n) => newKeyPair(n % 2 === 0).secretKey)
  expect(new Set(keys).size).toBe(keys.length)
  for (const key of keys) expect(key).toMatch(/^sk_(test|live)_[0-9a-z]{40}$/)
  for (let at = 0; at < 40; at++) {
    // A character that never occurs would be missing in all of 2,000 keys.
    const characters = new Set(keys.map((key) => key['sk_test_'.length + at]))
    expect(characters.size, `at ${at}`).toBe(32)
  }
})
