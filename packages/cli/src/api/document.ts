import { CliError, exitCodes } from '../exit-codes.ts'
import { factsOf } from '../output/report-error.ts'
import type { Session } from '../session.ts'

/** A JSON Schema, as far as the command line reads it. */
export interface Schema {
  readonly type?: string | readonly string[]
  readonly $ref?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly allOf?: readonly Schema[]
}

/** A parameter of an operation. */
export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
}

/** An operation of the API. */
export interface Operation {
  readonly id: string
  /** Upper case. */
  readonly method: string
  /** With parameters in braces: `/v1/payments/{id}`. */
  readonly path: string
  readonly summary: string
  readonly parameters: readonly Parameter[]
  /** The schema of the JSON body; `null`: the operation takes no body. */
  readonly body: Schema | null
}

/** The operations of the server's OpenAPI document. */
export interface ApiDocument {
  readonly operations: readonly Operation[]
  /** The schema that a reference names, else the schema itself. */
  resolve(schema: Schema): Schema
}

const methods = ['get', 'post', 'patch', 'put', 'delete'] as const

interface RawOperation {
  readonly operationId?: string
  readonly summary?: string
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content?: Readonly<Record<string, { schema?: Schema }>> }
}

interface RawDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, RawOperation>>>>
  readonly components?: { readonly schemas?: Readonly<Record<string, Schema>> }
}

/** The deadline of the document, which is large but sent at once. */
const deadlineMs = 30_000

/**
 * Loads the document from the server, so that it describes the server's version. The request has no
 * key, because the document is public.
 *
 * @throws {CliError} if the server has no document or is unreachable.
 */
export async function loadDocument({ hedge, fetch }: Session): Promise<ApiDocument> {
  const url = `${hedge.baseUrl}/openapi.json`
  const raw = await read(url, fetch)
  const operations = Object.entries(raw.paths).flatMap(([path, item]) =>
    methods.flatMap((method) => {
      const operation = item[method]
      return operation ? [describe(method, path, operation)] : []
    }),
  )
  return {
    operations,
    resolve(schema) {
      const name = /^#\/components\/schemas\/(.+)$/.exec(schema.$ref ?? '')?.[1]
      const found = name === undefined ? undefined : raw.components?.schemas?.[name]
      return found ?? schema
    },
  }
}

async function read(url: string, fetch: Session['fetch']): Promise<RawDocument> {
  let text: string
  let status: number
  try {
    const signal = AbortSignal.timeout(deadlineMs)
    const response = await fetch(url, { redirect: 'manual', signal })
    ;({ status } = response)
    text = await response.text()
  } catch (error) {
    throw unreachable(url, error)
  }
  try {
    const document = JSON.parse(text) as RawDocument
    if (status === 200 && typeof document.paths === 'object') return document
  } catch {
    // Reported below.
  }
  const message = `${url} answers ${status} without an OpenAPI document. Is the server's URL right?`
  throw new CliError(exitCodes.error, 'no_document', message)
}

/** The error of a request without an answer. */
export function unreachable(url: string, error: unknown): CliError {
  const { cause, name } = error as Error
  const isLate = name === 'TimeoutError'
  const reason = isLate ? 'no answer in time' : factsOf(cause ?? error).message
  const message = `Cannot reach ${url}: ${reason}`
  return new CliError(exitCodes.connection, 'connection_failed', message)
}

function describe(method: string, path: string, raw: RawOperation): Operation {
  return {
    id: raw.operationId ?? '',
    method: method.toUpperCase(),
    path,
    summary: raw.summary ?? '',
    parameters: raw.parameters ?? [],
    body: raw.requestBody?.content?.['application/json']?.schema ?? null,
  }
}
