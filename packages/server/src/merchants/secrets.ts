import { hash } from 'node:crypto'
import { randomCharacters } from '../domain/ids.ts'

/** A key pair with its secret key, which is not stored. */
export interface KeyPair {
  readonly publishableKey: string
  readonly secretKey: string
}

/**
 * Generates a key pair: 200 random bits for each half, as letters and digits, so that a double click
 * selects the whole key.
 */
export function newKeyPair(livemode: boolean): KeyPair {
  const mode = livemode ? 'live' : 'test'
  return {
    publishableKey: `pk_${mode}_${randomCharacters(40)}`,
    secretKey: `sk_${mode}_${randomCharacters(40)}`,
  }
}

/**
 * The stored hash of a secret key. SHA-256 is enough: unlike a password, the key is random and long, so
 * a slow hash would not make guessing harder.
 */
export function hashSecret(secretKey: string): Buffer {
  return hash('sha256', secretKey, 'buffer')
}

/** Enough of a secret key to recognize it, too little to use it: `sk_test_…a1b2`. */
export function hintOf(secretKey: string): string {
  return `${secretKey.slice(0, 8)}…${secretKey.slice(-4)}`
}

const secretShape = /^sk_(test|live)_[\x21-\x7e]{8,200}$/
const publishableShape = /^pk_(test|live)_[\x21-\x7e]{8,200}$/

/** Whether a text has the shape of a secret key. */
export function isSecretKey(value: string): boolean {
  return secretShape.test(value)
}

/** Whether a text has the shape of a publishable key. */
export function isPublishableKey(value: string): boolean {
  return publishableShape.test(value)
}
