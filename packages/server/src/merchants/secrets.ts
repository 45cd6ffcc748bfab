import { hash } from 'node:crypto'
import { randomCharacters } from '../domain/ids.ts'

/** The two halves of a key pair, before the secret half is forgotten. */
export interface KeyPair {
  readonly publishableKey: string
  readonly secretKey: string
}

/**
 * A new key pair: 200 random bits for each half, as letters and digits, so that a double click
 * selects all of it.
 */
export function newKeyPair(livemode: boolean): KeyPair {
  const mode = livemode ? 'live' : 'test'
  return {
    publishableKey: `pk_${mode}_${randomCharacters(40)}`,
    secretKey: `sk_${mode}_${randomCharacters(40)}`,
  }
}

/**
 * What is stored of a secret key. A plain SHA-256 is enough: unlike a password, the key is random
 * and long, so there is nothing to guess that a slow hash would hinder.
 */
export function hashSecret(secretKey: string): Buffer {
  return hash('sha256', secretKey, 'buffer')
}

/** Enough of a secret to know it again, too little to use: `sk_test_…a1b2`. */
export function hintOf(secretKey: string): string {
  return `${secretKey.slice(0, 8)}…${secretKey.slice(-4)}`
}

const secretShape = /^sk_(test|live)_[\x21-\x7e]{8,200}$/
const publishableShape = /^pk_(test|live)_[\x21-\x7e]{8,200}$/

export function isSecretKey(value: string): boolean {
  return secretShape.test(value)
}

export function isPublishableKey(value: string): boolean {
  return publishableShape.test(value)
}
