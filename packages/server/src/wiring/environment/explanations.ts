import { AddressError, parseAddress } from '../../database/hosts/address.ts'
import { isProxy } from '../../http/request/client-address.ts'
import { isStrongSecret, strongLengths } from '../../merchants/secret-strength.ts'
import { isPublishableKey, isSecretKey } from '../../merchants/secrets.ts'
import {
  stripeKeyShape,
  stripePublishableShape,
  stripeWebhookShape,
} from '../../processors/stripe-keys.ts'

/** 32 random characters, of any kind, cannot be guessed. */
export const encryptionKeyLengthMin = 32

/** The formats of variables, by their names in the schema. */
export const formats: Readonly<Record<string, RegExp | ((value: string) => boolean)>> = {
  'database-address': (value) => explainAddress(value) === null,
  'http-address': (value) => /^https?:\/\//.test(value) && URL.canParse(value),
  proxy: isProxy,
  'test-publishable-key': (value) => isPublishableKey(value) && value.startsWith('pk_test_'),
  'strong-test-secret-key': (value) =>
    value.startsWith('sk_test_') && isSecretKey(value) && isStrongSecret(randomPart(value)),
  'encryption-key': (value) => value.length >= encryptionKeyLengthMin,
  'strong-encryption-key': (value) =>
    value.length >= encryptionKeyLengthMin && isStrongSecret(value),
  'stripe-key': stripeKeyShape,
  'stripe-publishable-key': stripePublishableShape,
  'stripe-webhook-secret': stripeWebhookShape,
}

// A message never repeats a value that may be secret. A key may hold another secret by mistake, and
// an address may hold a password.

/** Says what was expected, and nothing about the value. */
export const explainSecret = (expected: string) => () => `expected ${expected}, got something else.`

export function explainApiSecret(value: string): string {
  const expected = `expected sk_test_ and ${strongLengths}`
  if (value.startsWith('sk_live_')) return `${expected}, got a live key.`
  if (!value.startsWith('sk_test_') || !isSecretKey(value))
    return `${expected}, got something else.`
  const { length } = randomPart(value)
  return (
    `${expected}, got ${length} characters that can be guessed. ` +
    '`echo sk_test_$(openssl rand -hex 24)` makes one.'
  )
}

export function explainEncryptionKey({ length }: string): string {
  if (length < encryptionKeyLengthMin) {
    return `expected at least ${encryptionKeyLengthMin} characters, got ${length}.`
  }
  return (
    `expected at least ${encryptionKeyLengthMin} random characters, got ${length} that can be ` +
    'guessed. `openssl rand -base64 32` makes some.'
  )
}

export function explainUrl(value: string): string {
  const got = /^https?:\/\//.test(value)
    ? 'an address whose host, port or password cannot be read'
    : 'something else'
  return `expected an address that begins with http:// or https://, got ${got}.`
}

export const explainDatabaseUrl = (value: string) =>
  explainAddress(value) ?? 'expected an address of PostgreSQL.'

function explainAddress(value: string): string | null {
  try {
    parseAddress(value)
    return null
  } catch (error) {
    if (error instanceof AddressError) return error.message
    throw error
  }
}

const randomPart = (secretKey: string) => secretKey.replace(/^sk_test_/, '')
