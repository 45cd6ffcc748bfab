import { type ErrorCode, errorAnswer, errors } from '../errors.ts'
import { groupBy } from '../group-by.ts'
import { errorsOf, type Operation, scopesOf, takesIdempotencyKey } from '../operation.ts'
import { allOperations } from '../operations/index.ts'
import { pascalCase } from '../text.ts'
import { version } from '../version.ts'
import { openAnswers } from './answers.ts'
import { hoist } from './components.ts'
import { answerHeaders, refsToErrorHeaders, refsToHeaders } from './headers.ts'
import type { Json, Schemas } from './json.ts'
import { headerParameters, pathParameters, queryParameters } from './parameters.ts'
import { describeTags } from './tags.ts'
import { describeWebhooks, webhookParameters } from './webhooks.ts'

interface Components {
  readonly schemas: Schemas
  readonly responses: Schemas
}

const info = {
  title: 'Hedge Payments',
  version,
  license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  description:
    'Create, pay, cancel and refund payments. A request is refused with 400 if a header that must ' +
    'be unique occurs twice, or if a field occurs twice in its JSON body.\n\n' +
    'Texts of a request are well-formed Unicode without NUL: a text with half of a surrogate pair ' +
    'is refused with 400. Lengths count Unicode characters. Timestamps of a request are in any ' +
    'form of RFC 3339, up to 40 characters long, in the years 1 to 9999. A field that is left out ' +
    'has the default that its description names.\n\n' +
    'Every error has a `code`, which decides the fields of its `details`. Answers and events may get ' +
    'more fields within a version: ignore those that you do not know.',
}

/** The OpenAPI 3.1 document of all operations. Deterministic. */
export function openApiDocument(): Json {
  const components: Components = { schemas: {}, responses: {} }
  const paths: Record<string, Record<string, Json>> = {}
  for (const operation of allOperations) {
    const path = operation.path.replace(/:(\w+)/g, '{$1}')
    paths[path] ??= {}
    paths[path][operation.method.toLowerCase()] = describe(operation, components)
  }
  const webhooks = describeWebhooks(components.schemas)
  const { schemas, responses: answers } = openAnswers({ paths, ...components })
  return {
    openapi: '3.1.0',
    info,
    servers: [{ url: '/', description: 'The server of this document.' }],
    security: [{ secretKey: [] }],
    tags: describeTags(),
    paths,
    webhooks,
    components: {
      headers: answerHeaders,
      parameters: webhookParameters,
      responses: sorted(answers),
      schemas: sorted(schemas),
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

function sorted(named: Schemas): Schemas {
  return Object.fromEntries(Object.entries(named).sort(([a], [b]) => (a < b ? -1 : 1)))
}

function describe(operation: Operation, components: Components): Json {
  const { schemas } = components
  const parameters = [
    ...pathParameters(operation),
    ...queryParameters(operation, schemas),
    ...headerParameters(operation),
  ]
  return {
    operationId: operation.id,
    tags: [operation.tag],
    summary: operation.summary,
    description: descriptionOf(operation),
    ...(operation.scope === 'none' ? { security: [] } : {}),
    ...scopesShown(operation),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(operation.body
      ? {
          requestBody: {
            required: !operation.bodyOptional,
            description: (operation.body as { description?: string }).description ?? '',
            content: jsonContent(hoist(operation.body, schemas)),
          },
        }
      : {}),
    responses: responses(operation, components),
  }
}

function descriptionOf({ description, scope }: Operation): string {
  if (scope === 'none') return description
  const needed = scope === 'any' ? 'Any key can call it.' : `Scope: \`${scope}\`.`
  return `${description}\n\n${needed}`
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

function responses(operation: Operation, components: Components): Json {
  const result: Record<string, Json> = {}
  for (const [status, schema] of Object.entries(operation.responses)) {
    const { description = '', title = '' } = schema as { description?: string; title?: string }
    const more = [
      ...(versioned.has(title) ? (['ETag'] as const) : []),
      ...(takesIdempotencyKey(operation) ? (['Idempotent-Replayed'] as const) : []),
    ]
    result[status] = {
      description,
      headers: refsToHeaders(more),
      content: contentOf(schema, components.schemas),
    }
  }
  for (const [status, codes] of groupBy(errorsOf(operation), (code) => errors[code].status)) {
    result[String(status)] = refToErrors(codes as [ErrorCode, ...ErrorCode[]], components)
  }
  return result
}

/** Adds the answer with one of these errors to the components, and refers to it. */
function refToErrors(codes: readonly [ErrorCode, ...ErrorCode[]], components: Components): Json {
  const name = codes.map(pascalCase).join('Or')
  components.responses[name] ??= {
    description: codes.map((code) => `\`${code}\`: ${errors[code].description}`).join(' '),
    headers: refsToErrorHeaders(codes),
    content: jsonContent(hoist(errorAnswer(codes), components.schemas)),
  }
  return { $ref: `#/components/responses/${name}` }
}

/** The titles of the schemas whose answers have an ETag. */
const versioned = new Set(['Payment', 'ReversedPayment'])

function contentOf(schema: unknown, schemas: Schemas): Json {
  const { contentMediaType, ...rest } = schema as { contentMediaType?: string }
  if (contentMediaType) return { [contentMediaType]: { schema: hoist(rest, schemas) } }
  return jsonContent(hoist(schema, schemas))
}

function jsonContent(schema: Json): Json {
  return { 'application/json': { schema } }
}
