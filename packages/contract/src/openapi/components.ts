import { examples } from './examples.ts'
import type { Json, JsonObject, Schemas } from './json.ts'

/** Keywords whose values are data, not schemas. */
const dataKeywords = new Set(['const', 'default', 'enum', 'examples', 'required'])

/** Moves each schema with a title to the components, and replaces it by a reference. */
export function hoist(schema: unknown, schemas: Schemas): Json {
  if (Array.isArray(schema)) return schema.map((item) => hoist(item, schemas))
  if (typeof schema !== 'object' || schema === null) return schema as Json
  const { title, ...rest } = forGenerators(schema as JsonObject)
  const plain = Object.fromEntries(
    Object.entries(rest).map(([key, value]) => [key, hoistKeyword(key, value, schemas)]),
  )
  if (typeof title !== 'string') return plain
  const example = examples[title]
  schemas[title] = example === undefined ? plain : { ...plain, examples: [example] }
  return refTo(title)
}

function hoistKeyword(key: string, value: Json, schemas: Schemas): Json {
  if (dataKeywords.has(key)) return value
  if (key !== 'properties') return hoist(value, schemas)
  return Object.fromEntries(
    Object.entries(value as JsonObject).map(([name, field]) => [name, hoist(field, schemas)]),
  )
}

function refTo(title: string): JsonObject {
  return { $ref: `#/components/schemas/${title}` }
}

/**
 * A schema as generators of clients need it. What the server checks in addition is in the
 * description.
 */
function forGenerators(schema: JsonObject): JsonObject {
  return withMapping(withoutTextRules(withoutDefault(schema)))
}

/**
 * Generators make a field with a `default` required in the types of requests, or send the default
 * with every request. The description says it instead.
 */
function withoutDefault(schema: JsonObject): JsonObject {
  if (!('default' in schema)) return schema
  const { default: value, description, ...rest } = schema
  return { ...rest, description: `${description} Default: \`${value}\`.` }
}

/** Formats of addresses that a client sends. */
const addressFormats: readonly unknown[] = ['uri', 'return-url']

/**
 * Generators turn the text of a format into a class, to which rules for texts do not apply: pydantic
 * throws. A timestamp keeps its format. An address keeps its pattern: as a class it would be
 * normalized, and sent differently from how it was written.
 */
function withoutTextRules(schema: JsonObject): JsonObject {
  if (schema.format === 'date-time') {
    const { pattern: _, maxLength: __, ...rest } = schema
    return rest
  }
  if (addressFormats.includes(schema.format) && schema.pattern !== undefined) {
    const { format: _, ...rest } = schema
    return rest
  }
  return schema
}

/** Maps each value of the discriminating field to the schema that has it. */
function withMapping(schema: JsonObject): JsonObject {
  const { discriminator, oneOf } = schema
  if (discriminator === undefined) return schema
  const { propertyName } = discriminator as { propertyName: string }
  const members = oneOf as unknown as readonly {
    readonly title: string
    readonly properties: Readonly<Record<string, { readonly const: string }>>
  }[]
  const mapping = Object.fromEntries(
    members.map(({ title, properties }) => [
      properties[propertyName]?.const ?? '',
      `#/components/schemas/${title}`,
    ]),
  )
  return { ...schema, discriminator: { propertyName, mapping } }
}
