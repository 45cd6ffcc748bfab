import { base } from '../addresses.ts'

/** The part of JSON Schema that the OpenAPI document uses. */
export interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly format?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly additionalProperties?: boolean | Schema
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly allOf?: readonly Schema[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly default?: unknown
  readonly examples?: readonly unknown[]
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly minItems?: number
  readonly maxItems?: number
}

/** A field in a table of the reference. Texts are Markdown. */
export interface Field {
  /** With the names of the objects around it: `filter.status`. */
  readonly name: string
  readonly type: string
  readonly isRequired: boolean
  readonly description: string
  readonly limits: string
}

/** The name of a schema that is referred to: `Payment` of `#/components/schemas/Payment`. */
export function nameOfReference(reference: string): string {
  return reference.split('/').at(-1) ?? reference
}

/** The fields of an object, with the fields of nested objects that have no name. */
export function fieldsOf(schema: Schema, prefix = ''): Field[] {
  const variants = [...(schema.allOf ?? []), ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])]
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, property]) => [
    describeField(`${prefix}${name}`, property, schema.required?.includes(name) ?? false),
    ...fieldsOf(property, `${prefix}${name}.`),
    ...(property.items ? fieldsOf(property.items, `${prefix}${name}[].`) : []),
  ])
  const found = [...own, ...variants.flatMap((variant) => fieldsOf(variant, prefix))]
  return [...new Map(found.map((field) => [field.name, field])).values()]
}

/** A field, parameter or answer of this schema. */
export function describeField(name: string, schema: Schema, isRequired: boolean): Field {
  const description = schema.description ?? ''
  return { name, type: typeOf(schema), isRequired, description, limits: limitsOf(schema) }
}

/** The type in words: `list of string`, `Payment or null`. Markdown, with links to named objects. */
export function typeOf(schema: Schema): string {
  if (schema.$ref) {
    const name = nameOfReference(schema.$ref)
    return `[${name}](${base}/api/objects#${name})`
  }
  const variants = schema.oneOf ?? schema.anyOf ?? schema.allOf
  if (variants) return [...new Set(variants.map(typeOf))].join(' or ')
  if (schema.const !== undefined) return code(schema.const)
  if (schema.items) return `list of ${typeOf(schema.items)}`
  if (typeof schema.additionalProperties === 'object') {
    return `map of ${typeOf(schema.additionalProperties)}`
  }
  const types = [schema.type ?? 'any'].flat().join(' or ')
  return schema.format ? `${types}, ${schema.format}` : types
}

function limitsOf(schema: Schema): string {
  const values = schema.enum ?? schema.items?.enum
  const limits = [
    values && `One of ${values.map(code).join(', ')}.`,
    range(schema.minimum, schema.maximum, ''),
    range(schema.minLength, schema.maxLength, ' characters'),
    range(schema.minItems, schema.maxItems, ' items'),
    schema.default !== undefined && `Default: ${code(schema.default)}.`,
  ]
  return limits.filter(Boolean).join(' ')
}

function range(least: number | undefined, most: number | undefined, unit: string): string | null {
  const format = (value: number) => value.toLocaleString('en-US')
  if (most === undefined) return least ? `At least ${format(least)}${unit}.` : null
  if (least === undefined) return `At most ${format(most)}${unit}.`
  return `${format(least)} to ${format(most)}${unit}.`
}

function code(value: unknown): string {
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``
}
