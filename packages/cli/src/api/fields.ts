import { usageError } from '../exit-codes.ts'
import type { ApiDocument, Operation, Schema } from './document.ts'

/** A value by its name: `amount=9999`, `metadata[order_id]=17`. */
export interface Field {
  readonly name: string
  /** `['metadata', 'order_id']`. */
  readonly keys: readonly [string, ...string[]]
  readonly value: string
}

/** Parses `name=value`, where the name may have keys in brackets. @throws {CliError} */
export function parseField(text: string): Field {
  const [, name = '', value = ''] = /^([^=]+)=(.*)$/s.exec(text) ?? []
  const [, first, rest = ''] = /^([^[\]]+)((?:\[[^[\]]*\])*)$/.exec(name) ?? []
  if (first === undefined) {
    throw usageError(`Expected key=value, got "${text}". A body is passed by --data.`)
  }
  const keys = Array.from(rest.matchAll(/\[([^[\]]*)\]/g), ([, key = '']) => key)
  return { name, keys: [first, ...keys], value }
}

/** The parts of a request that fields become. */
export interface Assigned {
  readonly pathValues: Readonly<Record<string, string>>
  readonly query: readonly Field[]
  /** `undefined` if no field belongs to the body. */
  readonly body: Readonly<Record<string, unknown>> | undefined
}

/**
 * Assigns each field to a path parameter, a query parameter or the body. The schema of the body decides
 * whether `9999` is a number or a text.
 *
 * @throws {CliError} if the operation has no such field.
 */
export function assignFields(
  document: ApiDocument,
  operation: Operation,
  fields: readonly Field[],
): Assigned {
  const pathValues: Record<string, string> = {}
  const query: Field[] = []
  const body: Record<string, unknown> = {}
  const names = (place: string) =>
    operation.parameters.filter((each) => each.in === place).map(({ name }) => name)
  for (const field of fields) {
    const [first] = field.keys
    if (names('path').includes(field.name)) pathValues[field.name] = field.value
    else if (names('query').includes(first)) query.push(field)
    else if (operation.body !== null) addToBody({ document, body, field, schema: operation.body })
    else throw unknownField(operation, first, [...names('path'), ...names('query')])
  }
  return { pathValues, query, body: Object.keys(body).length > 0 ? body : undefined }
}

function unknownField(operation: Operation, name: string, names: readonly string[]) {
  const expected = names.length > 0 ? `It takes ${names.join(', ')}.` : 'It takes no fields.'
  return usageError(`${operation.method} ${operation.path} has no field "${name}". ${expected}`)
}

/** Sets a field of the body. Unknown fields are left to the server, whose answer names them. */
function addToBody(given: {
  document: ApiDocument
  body: Record<string, unknown>
  field: Field
  schema: Schema
}): void {
  const { document, field } = given
  let { body } = given
  let schema: Schema | undefined = given.schema
  const [last = '', ...others] = field.keys.toReversed()
  const isItem = last === '' && others.length > 0
  const path = isItem ? others.slice(1).reverse() : others.reverse()
  for (const key of path) {
    schema = schema && propertyOf(document, schema, key)
    const inner = Object.hasOwn(body, key) ? body[key] : {}
    if (typeof inner !== 'object' || inner === null) throw usageError(`${field.name} is set twice.`)
    define(body, key, inner)
    body = inner as Record<string, unknown>
  }
  const name = isItem ? (field.keys.at(-2) ?? '') : last
  schema = schema && propertyOf(document, schema, name)
  setValue(body, { name, field, isItem, schema: schema && document.resolve(schema), document })
}

function setValue(
  body: Record<string, unknown>,
  given: {
    name: string
    field: Field
    isItem: boolean
    schema: Schema | undefined
    document: ApiDocument
  },
): void {
  const { name, field, isItem, schema, document } = given
  const earlier = Object.hasOwn(body, name) ? body[name] : undefined
  const isList = isItem || (hasType(schema, 'array') && !field.value.trimStart().startsWith('['))
  if (isList) {
    const items = schema?.items && document.resolve(schema.items)
    const list = Array.isArray(earlier) ? earlier : []
    define(body, name, [...list, typed(field.value, items)])
  } else if (earlier !== undefined) {
    throw usageError(`${field.name} is set twice.`)
  } else {
    define(body, name, typed(field.value, schema))
  }
}

/** Sets an own field, also if its name is `__proto__`. */
function define(body: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(body, name, { value, enumerable: true, configurable: true, writable: true })
}

function propertyOf(document: ApiDocument, given: Schema, name: string): Schema | undefined {
  const schema = document.resolve(given)
  const own = schema.properties
  if (own && Object.hasOwn(own, name)) return own[name]
  for (const part of [...(schema.allOf ?? []), ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])]) {
    const found = propertyOf(document, part, name)
    if (found) return found
  }
  return undefined
}

function hasType(schema: Schema | undefined, type: string): boolean {
  return [schema?.type ?? []].flat().includes(type)
}

/** The value in the type of its schema. A text that does not fit is sent as it is: the server refuses it. */
function typed(value: string, schema: Schema | undefined): unknown {
  const isNumber = hasType(schema, 'integer') || hasType(schema, 'number')
  if (isNumber && /^-?\d+(\.\d+)?$/.test(value)) return Number(value)
  if (hasType(schema, 'boolean') && /^(true|false)$/.test(value)) return value === 'true'
  if (hasType(schema, 'null') && value === 'null') return null
  const isNested = hasType(schema, 'object') || hasType(schema, 'array')
  return isNested ? (parseJson(value) ?? value) : value
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
