import { builtinModule, encodeText } from '../runtime.ts'
import { sha256 } from './sha256.ts'

const blockBytes = 64

/**
 * The HMAC-SHA256 of the data under a secret, synchronously in every runtime: by `node:crypto` where it
 * exists (Node.js, Bun, Deno), else by the SDK's own SHA-256. Source: RFC 2104.
 */
export function hmacSha256(secret: string, data: Uint8Array): Uint8Array {
  const crypto = builtinModule('node:crypto')
  return crypto ? crypto.createHmac('sha256', secret).update(data).digest() : ownHmac(secret, data)
}

/** Whether two MACs are equal. Takes the same time wherever they differ. */
export function areEqual(one: Uint8Array, other: Uint8Array): boolean {
  let difference = one.length ^ other.length
  for (let n = 0; n < one.length; n++) difference |= (one[n] ?? 0) ^ (other[n] ?? 0)
  return difference === 0
}

function ownHmac(secret: string, data: Uint8Array): Uint8Array {
  const bytes = encodeText(secret)
  const key = new Uint8Array(blockBytes)
  key.set(bytes.length > blockBytes ? sha256(bytes) : bytes)
  const inner = sha256(concatenate(masked(key, 0x36), data))
  return sha256(concatenate(masked(key, 0x5c), inner))
}

function masked(key: Uint8Array, mask: number): Uint8Array {
  return key.map((byte) => byte ^ mask)
}

/** Both parts in one array. */
export function concatenate(head: Uint8Array, tail: Uint8Array): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(head.length + tail.length)
  all.set(head)
  all.set(tail, head.length)
  return all
}
