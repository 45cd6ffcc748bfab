import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sha256 } from './sha256.ts'

const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const expected = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

test('SHA-256 matches the published examples', () => {
  // FIPS 180-2, appendix B.
  const examples: Record<string, string> = {
    abc: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq:
      '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
  }
  for (const [text, digest] of Object.entries(examples)) {
    expect(hexOf(sha256(new TextEncoder().encode(text)))).toBe(digest)
  }
})

test('SHA-256 matches Node, for every length around a block', () => {
  for (let length = 0; length <= 260; length++) {
    const bytes = Uint8Array.from({ length }, (_, n) => (n * 37 + length) % 256)
    expect(hexOf(sha256(bytes))).toBe(expected(bytes))
  }
})

test('SHA-256 matches Node, for any bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 5_000 }), (bytes) => {
      expect(hexOf(sha256(bytes))).toBe(expected(bytes))
    }),
  )
})
