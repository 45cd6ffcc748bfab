import { type ErrorCode, errorSchema, errors } from '../errors.ts'
import { groupBy } from '../group-by.ts'
import { commonErrors, type Operation, scopesOf, takesIdempotencyKey } from '../operation.ts'
import { allOperations } from '../operations/index.ts'

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
type Schemas = Record<string, Json>

/** Source: package.json of this package. */
const version = '0.1.0'

const headers = {
  'X-Request-Id': {
    description: 'The id of the request, for support.',
    schema: { type: 'string' },
  },
  'X-RateLimit-Limit': { description: 'Requests per minute.', schema: { type: 'integer' } },
  'X-RateLimit-Remaining': {
    description: 'Remaining requests in this minute.',
    schema: { type: 'integer' },
  },
  'X-RateLimit-Reset': {
    description: 'The start of the next minute, in Unix seconds.',
    schema: { type: 'integer' },
  },
}

const idempotencyKey = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description:
    'A repeated request with the same key returns the first answer again, for at least 24 hours. ' +
    'The key of a create is kept while its payment can be canceled, and at least one day longer.',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
}

const ifMatch = {
  name: 'If-Match',
  in: 'header',
  required: false,
  description:
    "The payment's ETag. If the payment has changed since, the request is refused with 412.",
  schema: { type: 'string' },
}

/** The OpenAPI 3.1 document of all operations. Deterministic. */
export function openApiDocument(): Json {
  const schemas: Schemas = {}
  const paths: Record<string, Record<string, Json>> = {}
  for (const operation of allOperations) {
    const path = operation.path.replace(/:(\w+)/g, '{$1}')
    paths[path] ??= {}
    paths[path][operation.method.toLowerCase()] = describe(operation, schemas)
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Hedge Payments',
      version,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      description:
        'Create, pay, cancel and refund payments. A request is refused with 400 if a header that must ' +
        'be unique occurs twice, or if a field occurs twice in its JSON body.',
    },
    servers: [{ url: '/' }],
    security: [{ secretKey: [] }],
    tags: [...new Set(allOperations.map((operation) => operation.tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1))),
      securitySchemes: {
        secretKey: {
          type: 'http',
          scheme: 'bearer',
          description: 'The secret key, `sk_test_…` or `sk_live_…`.',
        },
      },
    },
  }
}

function describe(operation: Operation, schemas: Schemas): Json {
  const parameters = [
    ...pathParameters(operation),
    ...queryParameters(operation, schemas),
    ...(takesIdempotencyKey(operation) ? [idempotencyKey] : []),
    ...(operation.ifMatch ? [ifMatch] : []),
  ]
  return {
    operationId: operation.id,
    tags: [operation.tag],
    summary: operation.summary,
    ...(operation.description ? { description: operation.description } : {}),
    ...(operation.scope === 'none' ? { security: [] } : {}),
    ...scopesShown(operation),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(operation.body
      ? {
          requestBody: {
            required: !operation.bodyOptional,
            content: jsonContent(hoist(operation.body, schemas)),
          },
        }
      : {}),
    responses: responses(operation, schemas),
  }
}

/** `x-scopes` lists all required scopes. `x-scope` is the first of them. */
function scopesShown(operation: Operation): Record<string, Json> {
  const scopes = scopesOf(operation)
  return {
    ...(scopes[0] ? { 'x-scope': scopes[0], 'x-scopes': [...scopes] } : {}),
    ...(operation.scopesOfBody
      ? { 'x-scopes-of-body': operation.scopesOfBody.map((one) => ({ ...one })) }
      : {}),
  }
}

function pathParameters(operation: Operation): Json[] {
  return [...operation.path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name: name ?? '',
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
}

function queryParameters(operation: Operation, schemas: Schemas): Json[] {
  const required: readonly string[] = operation.query?.required ?? []
  return Object.entries(operation.query?.properties ?? {}).map(([name, schema]) => {
    const hoisted = hoist(schema, schemas)
    const isObject = (schema as { type?: string }).type === 'object'
    return {
      name,
      in: 'query',
      required: required.includes(name),
      schema: hoisted,
      ...(isObject ? { style: 'deepObject', explode: true } : {}),
    }
  })
}

function responses(operation: Operation, schemas: Schemas): Json {
  const result: Record<string, Json> = {}
  for (const [status, schema] of Object.entries(operation.responses)) {
    const content = contentOf(schema, schemas)
    result[status] = { description: 'Success.', headers, ...(content ? { content } : {}) }
  }
  const codes = [...new Set<ErrorCode>([...operation.errors, ...commonErrors(operation)])]
  const byStatus = groupBy(codes, (code) => errors[code].status)
  for (const [status, group] of [...byStatus].sort(([a], [b]) => a - b)) {
    const refs = group.map((code) => hoist(errorSchema(code), schemas))
    result[String(status)] = {
      description: group.map((code) => `\`${code}\`: ${errors[code].description}`).join(' '),
      headers,
      content: jsonContent(refs.length === 1 ? (refs[0] ?? {}) : { oneOf: refs }),
    }
  }
  return result
}

function contentOf(schema: unknown, schemas: Schemas): Json | undefined {
  const { contentMediaType, ...rest } = schema as { contentMediaType?: string }
  if (contentMediaType) return { [contentMediaType]: { schema: hoist(rest, schemas) } }
  return jsonContent(hoist(schema, schemas))
}

function jsonContent(schema: Json): Json {
  return { 'application/json': { schema } }
}

/** Moves each schema with a title to the components, and replaces it by a reference. */
function hoist(schema: unknown, schemas: Schemas): Json {
  if (Array.isArray(schema)) return schema.map((item) => hoist(item, schemas))
  if (typeof schema !== 'object' || schema === null) return schema as Json
  const { title, ...rest } = schema as { title?: unknown }
  const plain = Object.fromEntries(
    Object.entries(rest).map(([key, value]) => [key, hoist(value, schemas)]),
  )
  if (typeof title !== 'string') return plain
  schemas[title] = plain
  return { $ref: `#/components/schemas/${title}` }
}
