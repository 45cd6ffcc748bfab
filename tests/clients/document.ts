import { readFileSync } from 'node:fs'

/** A schema of the document, as far as the tests read it. */
export interface Schema {
  readonly additionalProperties?: boolean | Schema
  readonly $ref?: string
  readonly const?: unknown
  readonly default?: unknown
  readonly description?: string
  readonly discriminator?: { propertyName: string; mapping: Record<string, string> }
  readonly examples?: readonly unknown[]
  readonly format?: string
  readonly oneOf?: readonly Schema[]
  readonly pattern?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly maxLength?: number
}

interface Content {
  readonly content?: Readonly<Record<string, { schema: Schema }>>
}
export interface Answer extends Content {
  readonly $ref?: string
  readonly description: string
}
export interface DescribedOperation {
  readonly operationId: string
  readonly summary?: string
  readonly description?: string
  readonly tags?: readonly string[]
  readonly parameters?: readonly { $ref?: string; name: string; description?: string }[]
  readonly requestBody?: Content & { description?: string }
  readonly responses: Readonly<Record<string, Answer>>
}

type Item = Readonly<Record<string, DescribedOperation>>

/** The published document, parsed from its text, so that nothing depends on the contract's code. */
export const documentFile = new URL('../../packages/contract/openapi.json', import.meta.url)
export const document = JSON.parse(readFileSync(documentFile, 'utf8')) as {
  readonly tags: readonly { name: string; description?: string }[]
  readonly paths: Readonly<Record<string, Item>>
  readonly webhooks: Readonly<Record<string, Item>>
  readonly components: {
    readonly parameters: Readonly<Record<string, { name: string; description?: string }>>
    readonly responses: Readonly<Record<string, Answer>>
    readonly schemas: Readonly<Record<string, Schema>>
  }
}

/** All operations of the paths. */
export const describedOperations = Object.values(document.paths).flatMap((item) =>
  Object.values(item),
)

/** Resolves a pointer such as `#/components/schemas/Payment`. */
export function resolveRef<T>(reference: string): T {
  let found: unknown = document
  for (const name of reference.split('/').slice(1)) found = (found as Record<string, unknown>)[name]
  if (found === undefined) throw new Error(`${reference} refers to nothing`)
  return found as T
}

/** Each schema of the document, with its JSON pointer. */
export function* everySchema(
  at: unknown = document,
  pointer = '#',
): Generator<readonly [pointer: string, schema: Schema]> {
  if (typeof at !== 'object' || at === null) return
  if ('type' in at || 'oneOf' in at || 'anyOf' in at) yield [pointer, at as Schema]
  for (const [key, value] of Object.entries(at)) {
    if (key !== 'examples') yield* everySchema(value, `${pointer}/${encode(key)}`)
  }
}

function encode(key: string): string {
  return encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1'))
}
