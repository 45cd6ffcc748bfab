import { type TSchema, type TUnsafe, Type } from 'typebox'

const atom = '[A-Za-z0-9!#$%&\\x27*+\\x2d\\x2f=?^_`\\x7b-\\x7e]+'
const label = '[A-Za-z0-9](?:[A-Za-z0-9\\x2d]*[A-Za-z0-9])?'

/**
 * The patterns of the contract. Generators copy them into clients of many languages, so they are
 * written in what JavaScript (with and without the flags), Rust, RE2 (Go) and Python share: no
 * lookaround, no `\\u…`, no `\\d`, no flags, no character beyond ASCII.
 */
export const patterns = {
  /** PostgreSQL refuses NUL. */
  storable: '^[^\\x00]*$',
  printableAscii: '^[\\x20-\\x7e]*$',
  fourDigits: '^[0-9]{4}$',
  /** An absolute http or https address, without blanks. */
  webAddress: '^[hH][tT][tT][pP][sS]?://[^\\x00-\\x20]+$',
  /**
   * A dot-atom, `@` and a domain of at least two labels. Some signs are written as `\\x…`, because the
   * flag `v` reserves them. Source: RFC 5322, 3.4.1, without quotes.
   */
  email: `^${atom}(?:\\.${atom})*@(?:${label}\\.)+${label}$`,
} as const

/**
 * Text that PostgreSQL and every JSON parser accept: without NUL, and without lone surrogates, which
 * UTF-8 cannot encode. No portable pattern can exclude these: without the `u` flag, JavaScript sees
 * two surrogates in every emoji. The server checks the keyword `x-well-formed` instead.
 */
export const storableText = { pattern: patterns.storable, 'x-well-formed': true } as const

/** The schema of free text. `maxLength` counts Unicode characters, as JSON Schema does. */
export function text(options: { maxLength: number; minLength?: number; description: string }) {
  return Type.String({ ...options, ...storableText })
}

/**
 * The schema of an email address. Without `format: email`: the checks that generators make of the
 * format refuse addresses that exist, such as `a&b@example.com`.
 */
export function emailAddress(description: string): TUnsafe<string> {
  return Type.Unsafe<string>({
    type: 'string',
    pattern: patterns.email,
    maxLength: 254,
    description,
    examples: ['customer@example.com'],
  })
}

/**
 * Makes a schema accept `null`: with a type list, or with `anyOf` if the schema has a title or fixed
 * values. `null` among the values would be one of them in generated types.
 */
export function nullable<T extends TSchema & { type?: unknown }>(
  schema: T,
): TUnsafe<import('typebox').Static<T> | null> {
  const { title, enum: values, description } = schema as Partial<Record<string, unknown>>
  if (title !== undefined) return Type.Unsafe({ anyOf: [schema, { type: 'null' }] })
  if (values !== undefined) {
    const { description: _, ...rest } = schema as Partial<Record<string, unknown>>
    return Type.Unsafe({ anyOf: [rest, { type: 'null' }], description })
  }
  return Type.Unsafe({ ...schema, type: [schema.type, 'null'] })
}

/** The schema of a field that always has this value. */
export function constant<const Value extends string>(value: Value) {
  return Type.Literal(value, { description: `Always \`${value}\`.` })
}

/** The schema of one of a fixed list of values. */
export function oneOf<const Values extends readonly string[]>(
  values: Values,
  options: { description: string; default?: Values[number] },
): TUnsafe<Values[number]> {
  return Type.Unsafe<Values[number]>({ type: 'string', enum: [...values], ...options })
}

/** The schema of a timestamp in an answer: ISO 8601 in UTC with whole seconds. */
export function timestamp(description: string): TUnsafe<string> {
  return Type.Unsafe<string>({
    type: 'string',
    format: 'date-time',
    pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$',
    description,
    examples: ['2024-06-15T10:32:00Z'],
  })
}

/** The schema of a timestamp in a request: any RFC 3339 form. The server rounds it to a second. */
export function timestampInput(description: string): TUnsafe<string> {
  return Type.Unsafe<string>({ type: 'string', format: 'date-time', maxLength: 40, description })
}

/** The schema of an absolute http or https URL. */
export function webUrl(description: string): TUnsafe<string> {
  return Type.Unsafe<string>({
    type: 'string',
    format: 'uri',
    pattern: patterns.webAddress,
    maxLength: 2048,
    description,
  })
}

/**
 * The schema of a URL to which a customer returns. The server's format `return-url` accepts two
 * placeholders.
 */
export function returnUrl(description: string): TUnsafe<string> {
  return Type.Unsafe<string>({
    type: 'string',
    format: 'return-url',
    pattern: patterns.webAddress,
    maxLength: 2048,
    description:
      `${description} \`{CHECKOUT_SESSION_ID}\` and \`{PAYMENT_ID}\` are replaced. An id without a ` +
      'placeholder is appended to the query, as `session_id` or `payment_id`.',
  })
}

/**
 * The schema of one of several objects, of which the field `by` decides: a constant in each. With a
 * `discriminator`, so that generated types narrow by the field.
 */
export function discriminated<T extends TSchema>(
  by: string,
  objects: readonly T[],
  options: { title?: string; description?: string } = {},
): TUnsafe<import('typebox').Static<T>> {
  return Type.Unsafe({ ...options, oneOf: [...objects], discriminator: { propertyName: by } })
}

/** `payment.late_capture_refunded` → `PaymentLateCaptureRefunded`. */
export function pascalCase(name: string): string {
  return name.replaceAll(/(?:^|[._])([a-z])/g, (_, letter: string) => letter.toUpperCase())
}
