import { currencies, patterns } from '@hedgepayments/contract'
import fc from 'fast-check'
import { testTokens } from '../../packages/server/src/processors/sandbox/tokens/tokens.ts'

/** A JSON Schema in the form of the contract. */
export interface Schema {
  readonly type?: string | readonly string[]
  readonly anyOf?: readonly Schema[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | Schema
  readonly items?: Schema
  readonly minItems?: number
  readonly maxItems?: number
  readonly uniqueItems?: boolean
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly format?: string
  readonly pattern?: string
}

/** A reference to an object that is known when the request is sent. */
export function refer(kind: string, most = 60): fc.Arbitrary<string> {
  return fc.nat(most).map((number) => `{{${kind}:${number}}}`)
}

/** So few idempotency keys that many are used twice. */
export const sentKey = fc.nat(200).map((number) => `key-${number}`)

/** Test tokens. The slow one is left out, because it would only make the run longer. */
const tokens = testTokens.map(({ token }) => token).filter((token) => token !== 'tok_slow')
const tail = fc.string({
  unit: fc.constantFrom(...'abcdef0123456789'),
  minLength: 24,
  maxLength: 24,
})
// No server listens on this port, and no request leaves the machine.
const nobody = fc.nat(99).map((number) => `http://127.0.0.1:1/${number}`)

/** Fields with a meaning that is not in their schema. */
const named: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  payment_id: refer('payment'),
  payment_ids: fc.array(refer('payment'), { minLength: 1, maxLength: 5 }),
  endpoint_id: refer('webhookEndpoint'),
  event_id: refer('event'),
  last_event_id: refer('event'),
  idempotency_key: sentKey,
  payment_method_token: fc.constantFrom(...tokens),
  secret_key: tail.map((end) => `sk_test_${end}`),
  webhook_secret: tail.map((end) => `whsec_${end}`),
  url: nobody,
  seconds: fc.nat(3_600),
  expires_at: fc.integer({ min: 120, max: 3_000 }).map((seconds) => `{{in:${seconds}}}`),
}

/** Values that a schema accepts. */
export function validFor(schema: Schema, name = ''): fc.Arbitrary<unknown> {
  const ownValues = named[name]
  if (ownValues) return ownValues
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map((part) => validFor(part)))
  if (schema.enum) return fc.constantFrom(...schema.enum)
  if (schema.const !== undefined) return fc.constant(schema.const)
  const types = [schema.type ?? 'object'].flat()
  return fc.oneof(...types.map((type) => validOfType(type, schema)))
}

function validOfType(type: string, schema: Schema): fc.Arbitrary<unknown> {
  switch (type) {
    case 'object':
      return validObject(schema)
    case 'array':
      return fc.uniqueArray(validFor(schema.items ?? {}), {
        minLength: schema.minItems ?? 0,
        maxLength: Math.min(schema.maxItems ?? 4, 4),
      })
    case 'integer':
      return fc.integer({ min: schema.minimum ?? 0, max: schema.maximum ?? 1_000_000 })
    case 'boolean':
      return fc.boolean()
    case 'null':
      return fc.constant(null)
    default:
      return validText(schema)
  }
}

function validObject({ properties, required = [], additionalProperties }: Schema) {
  if (properties) {
    const fields = Object.entries(properties).map(([name, part]) => [name, validFor(part, name)])
    return fc.record(Object.fromEntries(fields) as Record<string, fc.Arbitrary<unknown>>, {
      requiredKeys: [...required],
    })
  }
  if (typeof additionalProperties !== 'object') return fc.constant({})
  const key = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }).filter(isPlain)
  return fc.dictionary(key, validFor(additionalProperties), { maxKeys: 3 })
}

function validText(schema: Schema): fc.Arbitrary<string> {
  if (schema.pattern === patterns.email) {
    return fc.nat(50).map((number) => `customer${number}@example.com`)
  }
  switch (schema.format) {
    case 'uri':
      return nobody
    case 'date-time':
      return fc
        .date({ min: new Date('0001-01-02'), max: new Date('9999-12-30'), noInvalidDate: true })
        .map((date) => date.toISOString())
    case 'iso-4217':
      return fc.constantFrom(...currencies)
    default:
      break
  }
  const unit = schema.pattern === patterns.printableAscii ? 'grapheme-ascii' : 'grapheme'
  const minLength = schema.minLength ?? 0
  return fc
    .string({ unit, minLength, maxLength: 20 })
    .map((text) => [...text].slice(0, schema.maxLength ?? 20).join(''))
    .filter(isPlain)
}

/** References are written in braces. */
function isPlain(text: string): boolean {
  return !text.includes('{{') && !text.includes('\0')
}

/** Values that a schema refuses: just outside its limits, or of another type. */
export function invalidFor(schema: Schema): fc.Arbitrary<unknown> {
  const { minimum, maximum, minLength, maxLength, maxItems } = schema
  const wrong: unknown[] = [null, true, 1.5, -1, '', [], {}, [[]], '\0', '\ud800', 'x', 2 ** 53]
  if (minimum !== undefined) wrong.push(minimum - 1, String(minimum))
  if (maximum !== undefined) wrong.push(maximum + 1, maximum + 0.5)
  if ([schema.type].flat().includes('integer')) {
    wrong.push(
      '1e400',
      '-1e400',
      'Infinity',
      '-Infinity',
      'NaN',
      '0x10',
      '1e1',
      ' 10',
      '9'.repeat(400),
    )
  }
  if (minLength) wrong.push('x'.repeat(minLength - 1))
  if (maxLength !== undefined) wrong.push('x'.repeat(maxLength + 1), '\u{1f4a9}'.repeat(maxLength))
  if (maxItems !== undefined && maxItems < 1_000) wrong.push(Array(maxItems + 1).fill('x'))
  if (schema.enum) wrong.push(String(schema.enum[0]).toUpperCase(), ` ${String(schema.enum[0])}`)
  if (schema.format === 'date-time') {
    wrong.push('2024-02-30T00:00:00Z', '2024-06-15', '0000-01-01T00:00:00Z', '9999-12-31T23:59:60Z')
  }
  if (schema.format === 'uri') {
    wrong.push(
      'http://',
      'http://[::1',
      'http://example.com:99999/',
      'javascript:alert(1)',
      'http://a b/',
      'HTTP://\u00fc.invalid',
    )
  }
  if (schema.pattern === patterns.email)
    wrong.push('a@', '@b', `${'a'.repeat(250)}@b.cd`, 'a@b\n.cd')
  if (schema.format === 'iso-4217') wrong.push('XTS', 'US', 'usd ', 'XAU')
  return fc.constantFrom(...wrong)
}
