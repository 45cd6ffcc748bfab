import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hashRequest, parseIdempotencyKey } from './idempotency-key.ts'

const printable = fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code))
const key = fc.string({ unit: printable, minLength: 1, maxLength: 255 })

test('a quoted key is unquoted, whatever it contains', () => {
  fc.assert(
    fc.property(key, (text) => {
      const quoted = `"${text.replace(/["\\]/g, '\\$&')}"`
      expect(parseIdempotencyKey(quoted)).toBe(text)
    }),
  )
})

test('a bare key is used literally', () => {
  fc.assert(
    fc.property(key, (text) => {
      fc.pre(!text.startsWith('"'))
      expect(parseIdempotencyKey(text)).toBe(text)
    }),
  )
})

test('an empty, long or unprintable text is refused as a key', () => {
  const bad = fc.oneof(
    fc.constant(''),
    fc.constant('""'),
    fc
      .string({ unit: printable, minLength: 256, maxLength: 600 })
      .filter((text) => text[0] !== '"'),
    fc.tuple(key, fc.constantFrom('\0', '\t', '\x7f', 'ü', '😀')).map((parts) => parts.join('')),
  )
  fc.assert(
    fc.property(bad, (text) => {
      expect(parseIdempotencyKey(text)).toMatchObject({ code: 'invalid_request' })
    }),
  )
})

const request = { method: 'POST', path: '/v1/payments' }

test('the hash of a request ignores the order of fields, but not their values', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue(), (body, other) => {
      const turned = Object.fromEntries(Object.entries(body).reverse())
      const hash = hashRequest({ ...request, body })
      expect(hashRequest({ ...request, body: turned }).equals(hash)).toBe(true)
      const changed = { ...body, changed: [other] }
      fc.pre(JSON.stringify(body.changed) !== JSON.stringify([other]))
      expect(hashRequest({ ...request, body: changed }).equals(hash)).toBe(false)
    }),
  )
})

test('the hash of a request includes method and path, and no body equals an empty one', () => {
  const hash = hashRequest({ ...request, body: {} })
  expect(hashRequest({ ...request, body: undefined }).equals(hash)).toBe(true)
  expect(hashRequest({ ...request, method: 'PATCH', body: {} }).equals(hash)).toBe(false)
  expect(hashRequest({ ...request, path: '/v1/payment', body: {} }).equals(hash)).toBe(false)
})
