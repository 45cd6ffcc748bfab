import { openApiDocument } from '@hedgepayments/contract/openapi'
import { base, slugOf } from '../addresses.ts'
import { exampleOf, type NamedSchemas } from './example.ts'
import {
  describeField,
  type Field,
  fieldsOf,
  nameOfReference,
  type Schema,
  typeOf,
} from './schema.ts'
import { type NamedParameter, readWebhooks, type WebhookSource, type Webhooks } from './webhooks.ts'

/** The API reference, as the templates of the site show it. Texts are Markdown. */
export interface Reference {
  readonly version: string
  readonly description: string
  readonly groups: readonly Group[]
  readonly webhooks: Webhooks
  readonly objects: readonly NamedObject[]
  readonly objectsUrl: string
}

/** The operations of one tag, on one page. */
export interface Group {
  readonly title: string
  readonly url: string
  readonly operations: readonly Operation[]
}

/** One method of one path. */
export interface Operation {
  readonly id: string
  readonly method: string
  readonly path: string
  readonly title: string
  readonly description: string
  readonly scopes: readonly string[]
  readonly parameters: readonly (Field & { readonly in: string })[]
  /** The name of the schema of the body, if it has one. */
  readonly bodyName: string | null
  readonly body: readonly Field[]
  readonly answers: readonly {
    readonly status: string
    readonly text: string
    readonly type: string
  }[]
  readonly example: string
}

/** A schema with a name. */
export interface NamedObject {
  readonly name: string
  readonly description: string
  readonly fields: readonly Field[]
}

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>
}

/** The part of an operation of OpenAPI that the reference shows. */
interface Source {
  readonly operationId: string
  readonly tags: readonly string[]
  readonly summary: string
  readonly description?: string
  readonly 'x-scopes'?: readonly string[]
  readonly security?: readonly unknown[]
  readonly parameters?: readonly {
    readonly name: string
    readonly in: string
    readonly required?: boolean
    readonly description?: string
    readonly schema: Schema
  }[]
  readonly requestBody?: Content
  readonly responses: Readonly<Record<string, Answer | { readonly $ref: string }>>
}

interface Answer extends Content {
  readonly description: string
}

type NamedAnswers = Readonly<Record<string, Answer>>

interface Document {
  readonly info: { readonly version: string; readonly description: string }
  readonly tags: readonly { readonly name: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, Source>>>>
  readonly webhooks: Readonly<Record<string, { readonly post: WebhookSource }>>
  readonly components: {
    readonly schemas: NamedSchemas
    readonly responses: NamedAnswers
    readonly parameters: Readonly<Record<string, NamedParameter>>
  }
}

/** Makes the reference from the OpenAPI document of the contract. */
export function readReference(): Reference {
  const document = JSON.parse(JSON.stringify(openApiDocument())) as Document
  const { schemas, responses } = document.components
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, source]) => ({
      tag: source.tags[0],
      operation: describe({ method: method.toUpperCase(), path, source }, schemas, responses),
    })),
  )
  return {
    version: document.info.version,
    description: document.info.description,
    groups: document.tags.map(({ name }) => ({
      title: name,
      url: `${base}/api/${slugOf(name)}`,
      operations: operations.filter(({ tag }) => tag === name).map(({ operation }) => operation),
    })),
    webhooks: readWebhooks(document),
    objectsUrl: `${base}/api/objects`,
    objects: Object.entries(schemas).map(([name, schema]) => ({
      name,
      description: schema.description ?? '',
      fields: fieldsOf(schema),
    })),
  }
}

interface Located {
  readonly method: string
  readonly path: string
  readonly source: Source
}

function describe(located: Located, schemas: NamedSchemas, named: NamedAnswers): Operation {
  const { method, path, source } = located
  const body = schemaOf(source.requestBody)
  const resolved = body?.$ref ? schemas[nameOfReference(body.$ref)] : body
  return {
    id: source.operationId,
    method,
    path,
    title: source.summary,
    description: source.description ?? '',
    scopes: source['x-scopes'] ?? [],
    parameters: (source.parameters ?? []).map((parameter) => ({
      ...describeField(parameter.name, parameter.schema, parameter.required ?? false),
      description: parameter.description ?? parameter.schema.description ?? '',
      in: parameter.in,
    })),
    bodyName: body?.$ref ? nameOfReference(body.$ref) : null,
    body: resolved ? fieldsOf(resolved) : [],
    answers: Object.entries(source.responses).map(([status, given]) => {
      const answer = '$ref' in given ? named[nameOfReference(given.$ref)] : given
      const schema = schemaOf(answer)
      // The body of an error is an object with one field, whose schemas the page shows.
      const shown = schema?.properties?.error ?? schema
      const type = shown ? typeOf(shown) : 'no body'
      return { status, text: answer?.description ?? '', type }
    }),
    example: commandOf(located, body && exampleOf(body, schemas)),
  }
}

function schemaOf(content: Content | undefined): Schema | undefined {
  return Object.values(content?.content ?? {})[0]?.schema
}

/** A request as a command, with variables of the shell for the parts of its path. */
function commandOf({ method, path, source }: Located, body: unknown): string {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => `$${name.toUpperCase()}`)
  const lines = [`curl${method === 'GET' ? '' : ` -X ${method}`} http://127.0.0.1:4000${filled}`]
  if (source.security?.length !== 0) lines.push('-H "Authorization: Bearer $HEDGE_API_SECRET"')
  if (body !== undefined) {
    lines.push('-H "Content-Type: application/json"', `-d '${JSON.stringify(body)}'`)
  }
  return lines.join(' \\\n  ')
}
