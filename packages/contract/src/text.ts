import { type TSchema, type TUnsafe, Type } from 'typebox'

/**
 * Text that PostgreSQL and every JSON reader can hold: no NUL, which PostgreSQL's text refuses, and
 * no lone surrogate, which has no UTF-8.
 */
export const storableText = '^[^\\u0000\\ud800-\\udfff]*$'

/** Free text of a caller. `maxLength` counts Unicode characters, as JSON Schema does. */
export function text(options: { maxLength: number; minLength?: number; description: string }) {
  return Type.String({ ...options, pattern: storableText })
}

/** A value that may be `null`, in the form that JSON Schema, OpenAPI 3.1 and readers like best. */
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

/** One of a fixed list of words. */
export function oneOf<const Values extends readonly string[]>(
  values: Values,
  options: { description: string; default?: Values[number] },
): TUnsafe<Values[number]> {
  return Type.Unsafe<Values[number]>({ type: 'string', enum: [...values], ...options })
}

/** A moment: ISO 8601 in UTC with whole seconds. Source: api.md, Conventions. */
export function timestamp(description: string): TUnsafe<string> {
  return Type.Unsafe<string>({
    type: 'string',
    format: 'date-time',
    pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}Z$',
    description,
    examples: ['2024-06-15T10:32:00Z'],
  })
}

/** A moment as a caller may write it: any RFC 3339 form; fractions of a second are cut off. */
export function timestampInput(description: string): TUnsafe<string> {
  return Type.Unsafe<string>({ type: 'string', format: 'date-time', maxLength: 40, description })
}

/** An absolute http or https address. */
export function webUrl(description: string): TUnsafe<string> {
  return Type.Unsafe<string>({
    type: 'string',
    format: 'uri',
    pattern: '^[hH][tT][tT][pP][sS]?://[^\\u0000-\\u0020\\ud800-\\udfff]+$',
    maxLength: 2048,
    description,
  })
}
