import { nameOfReference, type Schema } from './schema.ts'

/** Finds a named schema. */
export type NamedSchemas = Readonly<Record<string, Schema>>

/** A value that the schema allows: objects have their required fields only. */
export function exampleOf(schema: Schema, named: NamedSchemas): unknown {
  if (schema.$ref) return exampleOf(named[nameOfReference(schema.$ref)] ?? {}, named)
  const given = schema.examples?.[0] ?? schema.const ?? schema.default ?? schema.enum?.[0]
  if (given !== undefined) return given
  const variant = schema.anyOf?.[0] ?? schema.oneOf?.[0]
  if (variant) return exampleOf(variant, named)
  switch ([schema.type].flat()[0]) {
    case 'object':
      return Object.fromEntries(
        (schema.required ?? []).map((name) => [
          name,
          exampleOf(schema.properties?.[name] ?? {}, named),
        ]),
      )
    case 'array':
      return schema.minItems && schema.items ? [exampleOf(schema.items, named)] : []
    case 'integer':
    case 'number':
      return Math.max(1, schema.minimum ?? 1)
    case 'boolean':
      return true
    default:
      return textOf(schema)
  }
}

function textOf({ format, minLength = 1, maxLength = 255 }: Schema): string {
  if (format === 'uri') return 'https://shop.example.com/'
  if (format === 'date-time') return '2024-06-15T10:32:00Z'
  if (format === 'email') return 'customer@example.com'
  return 'example'.padEnd(minLength, '-').slice(0, maxLength)
}
