import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { Keyring, MissingKeyError } from './keyring.ts'

const randomKey = () => randomBytes(32).toString('base64')
const secret = 'sk_live_very_secret'

describe('a keyring', () => {
  test('opens what it has sealed, and never seals alike twice', () => {
    const ring = new Keyring([randomKey()], 'processor credentials')
    const one = ring.seal(secret, 'merchant 1')
    const other = ring.seal(secret, 'merchant 1')
    expect(ring.open(one, 'merchant 1')).toBe(secret)
    expect(one.bytes.equals(other.bytes)).toBe(false)
    expect(one.bytes.includes(Buffer.from(secret))).toBe(false)
  })

  test('opens nothing that belongs to another row, was changed, or was cut', () => {
    const ring = new Keyring([randomKey()], 'processor credentials')
    const sealed = ring.seal(secret, 'merchant 1')
    expect(() => ring.open(sealed, 'merchant 2')).toThrow()
    for (let at = 0; at < sealed.bytes.length; at++) {
      const bytes = Buffer.from(sealed.bytes)
      bytes[at] = (bytes[at] ?? 0) ^ 1
      expect(() => ring.open({ ...sealed, bytes }, 'merchant 1')).toThrow()
    }
    expect(() =>
      ring.open({ ...sealed, bytes: sealed.bytes.subarray(0, 20) }, 'merchant 1'),
    ).toThrow()
  })

  test('after a rotation opens old data, and seals with the new key', () => {
    const [old, fresh] = [randomKey(), randomKey()]
    const before = new Keyring([old], 'processor credentials').seal(secret, 'm')
    const both = new Keyring([fresh, old], 'processor credentials')
    expect(both.open(before, 'm')).toBe(secret)
    const after = both.seal(secret, 'm')
    expect(after.keyId).not.toBe(before.keyId)
    const onlyNew = new Keyring([fresh], 'processor credentials')
    expect(onlyNew.open(after, 'm')).toBe(secret)
    expect(() => onlyNew.open(before, 'm')).toThrow(MissingKeyError)
  })

  test('without a key is refused', () => {
    expect(() => new Keyring([], 'processor credentials')).toThrow()
  })
})
