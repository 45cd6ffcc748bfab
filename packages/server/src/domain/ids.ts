import { randomFillSync } from 'node:crypto'
import { type IdKind, idPrefixes } from '@hedgepayments/contract'

// Crockford's alphabet: digits, and letters without i, l, o, u. Its characters sort by their values.
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'
const timeLength = 10
const randomLength = 16

// Reading a few random bytes at a time from the kernel costs more than the rest of an id.
const pool = Buffer.alloc(randomLength * 256)
let used = pool.length

/**
 * A new id: ten characters of time in milliseconds, then 80 random bits. So ids sort by creation, new
 * rows are close together in an index, and ids cannot be guessed.
 */
export function newId<T extends string = string>(kind: IdKind, nowMs: number = Date.now()): T {
  return `${firstIdAt(kind, nowMs)}${randomCharacters(randomLength)}` as T
}

/** The prefix of all ids of a millisecond: lower than all of them, higher than all earlier ids. */
export function firstIdAt(kind: IdKind, nowMs: number): string {
  let time = ''
  for (let rest = nowMs, i = 0; i < timeLength; i++) {
    time = alphabet.charAt(rest % 32) + time
    rest = Math.floor(rest / 32)
  }
  return idPrefixes[kind] + time
}

/** The time in an id, in milliseconds since 1970. */
export function madeAtMs(id: string): number {
  const start = id.indexOf('_') + 1
  let ms = 0
  for (const character of id.slice(start, start + timeLength)) {
    ms = ms * 32 + alphabet.indexOf(character)
  }
  return ms
}

/** Random characters of the alphabet, 5 bits each. */
export function randomCharacters(length: number): string {
  let characters = ''
  for (let i = 0; i < length; i++) {
    if (used === pool.length) {
      randomFillSync(pool)
      used = 0
    }
    characters += alphabet.charAt((pool[used++] ?? 0) & 31)
  }
  return characters
}
