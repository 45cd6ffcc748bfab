import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { areEqual, hmacSha256 } from './hmac.ts'

/** Hides `node:crypto`, as in a browser or an edge runtime. */
function withoutBuiltinModules(): void {
  const { getBuiltinModule } = process
  process.getBuiltinModule = undefined as never
  onTestFinished(() => {
    process.getBuiltinModule = getBuiltinModule
  })
}

test('without node:crypto, the MAC is the same as with it', () => {
  const cases = fc.property(fc.string({ maxLength: 200 }), fc.uint8Array(), (secret, data) => {
    const expected = createHmac('sha256', secret).update(data).digest()
    expect(Buffer.from(hmacSha256(secret, data))).toEqual(expected)
  })
  fc.assert(cases)
  withoutBuiltinModules()
  fc.assert(cases)
  for (const length of [63, 64, 65]) {
    const secret = 'k'.repeat(length)
    const expected = createHmac('sha256', secret).update('data').digest()
    expect(Buffer.from(hmacSha256(secret, Buffer.from('data')))).toEqual(expected)
  }
})

test('two MACs are equal only if all bytes are equal', () => {
  const mac = Uint8Array.from({ length: 32 }, (_, n) => n)
  expect(areEqual(mac, Uint8Array.from(mac))).toBe(true)
  for (let n = 0; n < mac.length; n++) {
    expect(
      areEqual(
        mac,
        Uint8Array.from(mac, (byte, at) => (at === n ? byte ^ 1 : byte)),
      ),
    ).toBe(false)
  }
  for (const other of [mac.subarray(0, 31), new Uint8Array(33), new Uint8Array()]) {
    expect(areEqual(mac, other)).toBe(false)
    expect(areEqual(other, mac)).toBe(false)
  }
})
