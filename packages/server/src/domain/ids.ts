import { randomFillSync } from 'node:crypto'
import { type IdKind, idPrefixes } from '@hedgepayments/contract'

// Crockford's alphabet: digits and letters without i, l, o, u; sorts as it counts.
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'
const timeLength = 10
const randomLength = 16

// Asking the kernel for a few bytes at a time costs more than the rest of an id.
const pool = Buffer.alloc(randomLength * 256)
let used = pool.length

/**
 * A new id: ten characters of time in milliseconds, so that ids sort by creation and new rows lie
 * together in an index, then 80 random bits, so that nobody guesses one.
 */
export function newId<T extends string = string>(kind: IdKind, nowMs: number = Date.now()): T {
  return `${firstIdAt(kind, nowMs)}${randomCharacters(randomLength)}` as T
}

/** What every id made at this moment begins with: lower than all of them, higher than any before. */
export function firstIdAt(kind: IdKind, nowMs: number): string {
  let time = ''
  for (let rest = nowMs, i = 0; i < timeLength; i++) {
    time = alphabet.charAt(rest % 32) + time
    rest = Math.floor(rest / 32)
  }
  return idPrefixes[kind] + time
}

/** When an id of ours was made, in milliseconds since 1970. */
export function madeAtMs(id: string): number {
  const start = id.indexOf('_') + 1
  let ms = 0
  for (const character of id.slice(start, start + timeLength)) {
    ms = ms * 32 + alphabet.indexOf(character)
  }
  return ms
}

/** `length` characters of the alphabet, 5 random bits each. */
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
