import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { randomCharacters } from '../domain/ids.ts'
import { isStrongSecret } from './secret-strength.ts'

describe('a secret that a user has chosen', () => {
  test.each([
    ['16 bytes in hexadecimal', () => randomBytes(16).toString('hex')],
    ['16 bytes in upper case hexadecimal', () => randomBytes(16).toString('hex').toUpperCase()],
    ['24 bytes in hexadecimal', () => randomBytes(24).toString('hex')],
    ['32 bytes in base64', () => randomBytes(32).toString('base64')],
    ['24 bytes in base64url', () => randomBytes(24).toString('base64url')],
    ['a key that the server generates', () => randomCharacters(40)],
    ['a sentence', () => 'a horse, of course, has four correct battery staples'],
  ])('is accepted: %s', (_, make) => {
    for (let round = 0; round < 1_000; round++) {
      const secret = make()
      expect(isStrongSecret(secret), secret).toBe(true)
    }
  })

  test.each([
    '',
    '12345678',
    'test',
    'for_the_test_suite_only',
    'aB3dE5gH7jK9mN1pQ3sT5',
    '0123456789abcdef0123456789abcde',
    '0123456789abcdef0123456789abcdef',
    '123456789012345678901234567890123456789012345678',
    'a'.repeat(200),
    'ab'.repeat(100),
    'abcdefgh'.repeat(8),
    'secretsecretsecretsecretsecretsecretsecret',
    'abcdefghijklmnopqrstuvwxyz0123456789',
    'changeme-changeme-changeme-changeme',
    'x'.repeat(32),
    '2024-06-15T10:32:00Z2024-06-15T10',
    'my-own-secret-is-my-own-secret-2',
  ])('is refused if it can be guessed: %j', (secret) => {
    expect(isStrongSecret(secret)).toBe(false)
  })
})
