import {
  emailAddress,
  Metadata,
  type Operation,
  operations,
  text,
  timestampInput,
} from '@hedgepayments/contract'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileCheck } from './validation.ts'

const check = compileCheck(timestampInput('A timestamp.'), 'body')

test('every timestamp with a four-digit year is accepted, with any offset in minutes', () => {
  const offset = fc.integer({ min: -23 * 60, max: 23 * 60 })
  const year2To9998 = {
    min: new Date('0002-01-01'),
    max: new Date('9998-12-31'),
    noInvalidDate: true,
  }
  fc.assert(
    fc.property(fc.date(year2To9998), offset, (date, minutes) => {
      const local = new Date(date.getTime() + minutes * 60_000).toISOString().slice(0, 19)
      const hours = String(Math.floor(Math.abs(minutes) / 60)).padStart(2, '0')
      const rest = String(Math.abs(minutes) % 60).padStart(2, '0')
      expect(check(`${local}${minutes < 0 ? '-' : '+'}${hours}:${rest}`)).toBeNull()
    }),
  )
})

test.each([
  '2024-06-15t10:32:00z',
  '2024-06-15 10:32:00.123456789Z',
  '2024-02-29T00:00:00Z',
  '0001-01-01T00:00:00Z',
  '9999-12-31T23:59:59Z',
])('%s is accepted', (text) => {
  expect(check(text)).toBeNull()
})

test.each([
  '2023-02-29T00:00:00Z',
  '2024-06-31T00:00:00Z',
  '2024-06-15T24:00:00Z',
  '2024-06-15 10:32:00+25:00',
  '2024-06-15T10:32:00+0200',
  '0001-01-01T00:00:00+01:00',
  '9999-12-31T23:59:59-00:01',
  '2024-06-15T10:32:00Z ',
])('%s is refused', (text) => {
  expect(check(text)).toMatchObject({ code: 'invalid_request' })
})

test('the schemas of all operations are valid JSON Schema', () => {
  const ajv = new Ajv2020({ strict: false })
  for (const operation of Object.values<Operation>(operations)) {
    const inputs = [operation.query, operation.body].filter((schema) => schema !== undefined)
    for (const schema of inputs) {
      expect(ajv.validateSchema(schema), `${operation.path}: ${ajv.errorsText()}`).toBe(true)
    }
  }
})

test('the schemas of all operations compile, which a server does at their first use', () => {
  for (const { query, body } of Object.values<Operation>(operations)) {
    if (query) expect(() => compileCheck(query, 'query')({})).not.toThrow()
    if (body) expect(() => compileCheck(body, 'body')({})).not.toThrow()
  }
})

describe('a text', () => {
  const checkText = compileCheck(text({ maxLength: 8, description: 'A text.' }), 'body')
  const checkMetadata = compileCheck(Metadata, 'body')
  const expected = 'text without NUL and lone surrogates'

  test.each(['', 'Coffee 😀', '\u{10ffff}', '漢字\n', '😀😀😀😀😀😀😀😀'])(
    '%j is accepted',
    (value) => {
      expect(checkText(value)).toBeNull()
      expect(checkMetadata({ [`key ${value}`]: value })).toBeNull()
    },
  )

  test.each(['\0', 'a\0b', '\ud800', 'a\udc00', '\udc00\ud800', '😀\ud83d'])(
    '%j is refused',
    (value) => {
      expect(checkText(value)).toMatchObject({ details: { expected } })
      expect(checkMetadata({ key: value })).toMatchObject({ details: { field: 'key', expected } })
      expect(checkMetadata({ [`a${value}`]: 'b' })).toMatchObject({ details: { expected } })
    },
  )
})

test('an e-mail address is validated by the format of JSON Schema', () => {
  const ajv = new Ajv2020()
  addFormats.default(ajv)
  const isEmail = ajv.compile({ type: 'string', format: 'email' })
  const checkEmail = compileCheck(emailAddress('An address.'), 'body')
  const part = fc.string({ unit: fc.constantFrom(..."aZ0.-_&'+/{|}~@^`=ü \n"), maxLength: 12 })
  const almost = fc.tuple(part, part).map(([local, domain]) => `${local}@${domain}.com`)
  fc.assert(
    fc.property(fc.oneof(fc.emailAddress(), almost, part), (address) => {
      expect(checkEmail(address) === null, address).toBe(isEmail(address))
    }),
  )
})
