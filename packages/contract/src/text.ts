import { type TSchema, type TUnsafe, Type } from 'typebox'

/**
 * Text that PostgreSQL and every JSON parser accept: without NUL, which PostgreSQL refuses, and
 * without lone surrogates, which UTF-8 cannot encode.
 */
export const storableText = '^[^\\u0000\\ud800-\\udfff]*$'

/** The schema of free text. `maxLength` counts Unicode characters, as JSON Schema does. */
export function text(options: { maxLength: number; minLength?: number; description: string }) {
  return Type.String({ ...options, pattern: storableText })
}

/** Makes a schema accept `null`: with a type list, or with `anyOf` if the schema has a title. */
export function nullable<T extends TSchema & { type?: unknown }>(
  schema: T,
): TUnsafe<import('typebox').Static<T> | null> {
  const { title, ...rest } = schema as unknown as { title?: string; enum?: unknown[] }
  if (title !== undefined) return Type.Unsafe({ anyOf: [schema, { type: 'null' }] })
  return Type.Unsafe({
    ...rest,
    type: [schema.type, 'null'],
    ...(rest.enum ? { enum: [...rest.enum, null] } : {}),
  })
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
    pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}Z$',
    description,
    examples: ['2024-06-15T10:32:00Z'],
  })
}

/** The schema of a timestamp in a request: any RFC 3339 form. Fractions of a second are cut off. */
export function timestampInput(description: string): TUnsafe<string> {
  return Type.Unsafe<string>({ type: 'string', format: 'date-time', maxLength: 40, description })
}

/** The schema of an absolute http or https URL. */
export function webUrl(description: string): TUnsafe<string> {
  return Type.Unsafe<string>({
    type: 'string',
    format: 'uri',
    pattern: '^[hH][tT][tT][pP][sS]?://[^\\u0000-\\u0020\\ud800-\\udfff]+$',
    maxLength: 2048,
    description,
  })
}
