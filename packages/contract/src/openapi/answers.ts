import type { Json, JsonObject, Schemas } from './json.ts'

interface Parts {
  readonly paths: Schemas
  readonly schemas: Schemas
  readonly responses: Schemas
}

/**
 * Lets answers have more fields than the document knows. The API grows within a version, and generated
 * clients of today must accept the answers of tomorrow. What requests use stays closed.
 */
export function openAnswers({ paths, schemas, responses }: Parts): Omit<Parts, 'paths'> {
  const requests = Object.values(paths).flatMap((item) =>
    Object.values(item as JsonObject).map((operation) => {
      const { parameters = null, requestBody = null } = operation as JsonObject
      return [parameters, requestBody]
    }),
  )
  const closed = new Set<string>()
  collectNames(requests, schemas, closed)
  const opened = Object.entries(schemas).map(([name, schema]) => [
    name,
    closed.has(name) ? schema : open(schema),
  ])
  return { schemas: Object.fromEntries(opened), responses: open(responses) as Schemas }
}

/** Collects the names of all schemas to which `from` refers. */
function collectNames(from: Json, schemas: Schemas, names: Set<string>): void {
  if (typeof from !== 'object' || from === null) return
  for (const [key, value] of Object.entries(from)) {
    if (key !== '$ref') {
      collectNames(value, schemas, names)
      continue
    }
    const name = String(value).split('/').at(-1) ?? ''
    if (names.has(name)) continue
    names.add(name)
    collectNames(schemas[name] ?? null, schemas, names)
  }
}

function open(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map(open)
  if (typeof schema !== 'object' || schema === null) return schema
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([key, value]) => key !== 'additionalProperties' || value !== false)
      .map(([key, value]) => [key, key === 'examples' ? value : open(value)]),
  )
}
