import { type ErrorCode, errors, isCurrency, patterns } from '@hedgepayments/contract'
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import type { TSchema } from 'typebox'
import { fillPlaceholders } from '../../domain/return-url.ts'
import { type Refusal, refuse, refuseField, shorten } from '../answers/refusal.ts'
import { invalidEncoding, type ParsedQuery } from './query.ts'

type Where = 'body' | 'query'

const ajv = createAjv()

function createAjv(): Ajv2020 {
  const created = new Ajv2020({
    // A test checks that the schemas are valid, because Ajv's own check takes 20 ms of each start.
    validateSchema: false,
    // "12" is not 12. `textReader` converts the integers of a query: Ajv would accept `Infinity`,
    // `1e400` and `0x10`, and would not check the limits of numbers that are not finite.
    coerceTypes: false,
    useDefaults: true,
    removeAdditional: false,
    allErrors: false,
    verbose: true,
    strict: true,
    strictTypes: false,
    allowUnionTypes: true,
    keywords: ['x-error-code'],
  })
  created.addKeyword({
    keyword: 'x-well-formed',
    type: 'string',
    schemaType: 'boolean',
    validate: (_: boolean, value: string) => value.isWellFormed(),
  })
  addFormats.default(created)
  created.addFormat('date-time', isTimestamp)
  created.addFormat('iso-4217', isCurrency)
  // The format's grammar accepts unusable addresses, such as one with port 99999.
  const uri = created.formats.uri
  if (typeof uri !== 'function') throw new Error('the format of addresses is missing')
  const isUri = (value: string) => uri(value) === true && URL.canParse(value)
  created.addFormat('uri', isUri)
  created.addFormat('return-url', (value: string) => isUri(fillPlaceholders(value, sampleIds)))
  return created
}

/** Ids to check a return URL with. */
const sampleIds = { sessionId: 'cs_0', paymentId: 'pay_0' }

const rfc3339 = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/
const firstMs = Date.parse('0001-01-01T00:00:00Z')
const lastMs = Date.parse('9999-12-31T23:59:59Z')

/**
 * Whether a text is a timestamp of RFC 3339 that JavaScript and PostgreSQL can store: without leap
 * seconds, and in the years 1 to 9999 in UTC.
 */
function isTimestamp(value: string): boolean {
  if (!rfc3339.test(value)) return false
  const text = value.replace(' ', 'T').toUpperCase()
  const ms = Date.parse(text)
  const local = text.slice(0, 19)
  const localMs = Date.parse(`${local}Z`)
  // JavaScript turns 30 February into 1 March: the result then differs from the text.
  const isInCalendar = !Number.isNaN(localMs) && new Date(localMs).toISOString().startsWith(local)
  return isInCalendar && ms >= firstMs && ms <= lastMs
}

/**
 * Compiles a schema into a check that returns the refusal for the first fault, or `null`. The check
 * fills in defaults. In a query it converts texts to the integers, booleans and lists of the schema. A
 * schema is compiled when it is first used: all of them at once would take 40% of the processor time of
 * a start.
 */
export function compileCheck(schema: TSchema, where: Where): (value: unknown) => Refusal | null {
  let validate: ValidateFunction | undefined
  const readText = where === 'query' ? textReader(schema) : null
  return (value) => {
    validate ??= ajv.compile(schema)
    const undecoded = where === 'query' ? (value as ParsedQuery)[invalidEncoding] : undefined
    if (undecoded) return refuseField(undecoded.name, undecoded.text, 'percent-encoded UTF-8')
    readText?.(value as Record<string, unknown>)
    if (validate(value)) return null
    const error = validate.errors?.[0]
    if (!error) throw new Error('a failed validation without an error')
    return toRefusal(error, where)
  }
}

/** Converts texts of a query in place. A text that cannot be converted stays, and fails the check. */
function textReader(schema: TSchema): (query: Record<string, unknown>) => void {
  const { properties = {} } = schema as { properties?: Record<string, { type?: string }> }
  const namesOf = (type: string) =>
    Object.keys(properties).filter((name) => properties[name]?.type === type)
  const [lists, integers, booleans] = [namesOf('array'), namesOf('integer'), namesOf('boolean')]
  return (query) => {
    for (const name of lists) {
      if (query[name] !== undefined) query[name] = readList(query[name])
    }
    for (const name of integers) {
      if (typeof query[name] === 'string') query[name] = readInteger(query[name])
    }
    for (const name of booleans) {
      if (query[name] === 'true') query[name] = true
      else if (query[name] === 'false') query[name] = false
    }
  }
}

/**
 * `status=a,b` and `status[0]=a&status[1]=b` mean `status=a&status=b`. All are common, and no list has
 * items that contain commas.
 */
function readList(value: unknown): unknown {
  if (typeof value === 'string') return value.split(',')
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.keys(value).every((key) => /^\d+$/.test(key)) ? Object.values(value) : value
}

/** Integers of any length: the limits of the schema refuse those that are too large. */
function readInteger(text: string): number | string {
  if (!/^-?\d+$/.test(text)) return text
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, Number(text)))
}

function toRefusal(error: ErrorObject, where: Where): Refusal {
  const field = fieldOf(error, where)
  const expected = expectedBy(error, where)
  const code = codeOf(error)
  if (code === 'invalid_amount' || code === 'invalid_currency') {
    return refuse(code, `Invalid ${field}: expected ${expected}.`, {
      field,
      received: shorten(error.data),
      expected,
    })
  }
  return refuseField(field, receivedBy(error), expected)
}

/** A schema may name an error code, `x-error-code`. It applies to values of the right JSON type. */
function codeOf(error: ErrorObject): ErrorCode {
  const schema = error.parentSchema as { 'x-error-code'?: string; type?: string } | undefined
  const code = schema?.['x-error-code']
  if (code === undefined || !(code in errors)) return 'invalid_request'
  const kind = schema?.type === 'integer' ? 'number' : 'string'
  return typeof error.data === kind ? (code as ErrorCode) : 'invalid_request'
}

function fieldOf(error: ErrorObject, where: Where): string {
  const path = error.instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
  const extra: unknown =
    error.keyword === 'required'
      ? error.params.missingProperty
      : error.keyword === 'additionalProperties'
        ? error.params.additionalProperty
        : (error.propertyName ?? undefined)
  if (typeof extra === 'string') path.push(extra)
  // The items of a list have no numbers in `status=a&status=b`.
  if (where === 'query' && /^\d+$/.test(path.at(-1) ?? '') && path.length === 2) path.pop()
  const field = path.map((part) => part.toWellFormed().slice(0, 60)).join('.')
  return field === '' ? where : field
}

function receivedBy(error: ErrorObject): unknown {
  if (error.keyword === 'required') return undefined
  if (error.keyword === 'additionalProperties') {
    const name = error.params.additionalProperty as string
    return (error.data as Record<string, unknown>)[name]
  }
  return error.data
}

function expectedBy(error: ErrorObject, where: Where): string {
  const limit = error.params.limit as number | undefined
  switch (error.keyword) {
    case 'required':
      return 'a value: the field is required'
    case 'additionalProperties':
      return 'no such field'
    case 'type':
      if (where === 'query' && error.params.type === 'object') return expectedKeys(error)
      return [error.params.type as string | string[]].flat().map(withArticle).join(' or ')
    case 'enum':
      return `one of ${(error.params.allowedValues as unknown[]).join(', ')}`
    case 'minimum':
      return `at least ${limit}`
    case 'maximum':
      return `at most ${limit}`
    case 'minLength':
      return limit === 1 ? 'text that is not empty' : `at least ${limit} characters`
    case 'maxLength':
      return `at most ${limit} characters`
    case 'minItems':
      return `at least ${limit} item${limit === 1 ? '' : 's'}`
    case 'maxItems':
      return `at most ${limit} items`
    case 'maxProperties':
      return `at most ${limit} pairs`
    case 'uniqueItems':
      return 'no item twice'
    case 'format':
      return formats[error.params.format as string] ?? 'another form'
    case 'pattern':
      return (
        (expectedByPattern as Readonly<Record<string, string>>)[error.params.pattern] ??
        'another form'
      )
    case 'x-well-formed':
      return storable
    default:
      return error.message ?? 'another value'
  }
}

/** How an object is written in a query: `created_at[gte]=…`. */
function expectedKeys(error: ErrorObject): string {
  const name = fieldOf(error, 'query')
  const { properties = {} } = error.parentSchema as { properties?: object }
  const keys = Object.keys(properties).map((key) => `${name}[${key}]=…`)
  return keys.length > 0 ? keys.join(' or ') : `${name}[key]=value`
}

const storable = 'text without NUL and lone surrogates'
const webAddress = 'an absolute http or https address'

const expectedByPattern = {
  [patterns.storable]: storable,
  [patterns.printableAscii]: 'printable ASCII characters',
  [patterns.webAddress]: webAddress,
  [patterns.email]: 'an e-mail address',
  [patterns.fourDigits]: 'four digits',
} as const satisfies Record<(typeof patterns)[keyof typeof patterns], string>

const formats: Readonly<Record<string, string>> = {
  uri: webAddress,
  'return-url': `${webAddress}, with no braces but {CHECKOUT_SESSION_ID} and {PAYMENT_ID}`,
  'date-time': 'a timestamp in ISO 8601, like 2024-06-15T10:32:00Z',
  'iso-4217': 'a currency code of ISO 4217, like USD',
}

function withArticle(type: string): string {
  if (type === 'null') return 'null'
  return /^[aeio]/.test(type) ? `an ${type}` : `a ${type}`
}
