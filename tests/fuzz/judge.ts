import {
  type ErrorCode,
  errorAnswer,
  errors,
  errorsOf,
  type Operation,
} from '@hedgepayments/contract'
import { openApiDocument } from '@hedgepayments/contract/openapi'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import type { Case } from './cases.ts'
import { framing, type WireAnswer } from './exchange.ts'

interface Response {
  readonly $ref?: string
  readonly content?: Readonly<Record<string, unknown>>
}
interface Described {
  readonly responses: Readonly<Record<string, Response>>
}

const document = openApiDocument() as unknown as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>
  readonly components: { readonly responses: Readonly<Record<string, Response>> }
}
const ajv = new Ajv2020({ strict: false, allErrors: true })
addFormats.default(ajv)
ajv.addSchema(document, 'document')
const validators = new Map<string, ValidateFunction>()

const headersOfAll = ['x-request-id', 'x-ratelimit-limit', 'x-ratelimit-remaining']

/** Refusals by the state of a payment or session. They are stored under their key and replayed. */
const recordedStatuses = new Set([412, 422])
/** A read of a session updates it from its payment, as the workers do. */
const completingRead = 'retrieveCheckoutSession'
const readingMethods = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'QUERY', 'SEARCH', 'PROPFIND'])

/**
 * The faults of an answer and of the request's changes. Empty: there are none. `changes` are the
 * recorded changes of the tables.
 */
export function judge(
  sent: Case,
  answer: WireAnswer | 'hangs' | null,
  changes: string[],
): string[] {
  if (answer === 'hangs') return ['no answer in time']
  // An incomplete request needs no answer.
  const isHalf = sent.headers.some(([name]) => framing.test(name))
  if (answer === null) return isHalf ? [] : ['the server hung up without an answer']
  const offences = sent.isOwn ? ofOperation(sent, answer) : ofStranger(sent, answer)
  const isRefused = answer.status >= 400
  // A processor that did not answer may have done its work, which is recorded.
  const isUndecided = answer.status === 502
  const isReading = readingMethods.has(sent.method) && sent.operation.id !== completingRead
  if ((isRefused && !isUndecided) || isReading) {
    const left = recordedStatuses.has(answer.status) ? changes.filter(isNoRecord) : changes
    if (left.length > 0) offences.push(`a ${answer.status} that changed rows: ${left.join(', ')}`)
  }
  return offences
}

function isNoRecord(change: string): boolean {
  return !change.endsWith(' idempotency_records')
}

/** Checks the answer against the answers of the operation in the document. */
function ofOperation({ operation }: Case, answer: WireAnswer): string[] {
  const { status, headers, text } = answer
  const path = operation.path.replace(/:(\w+)/g, '{$1}')
  const method = operation.method.toLowerCase()
  const given = document.paths[path]?.[method]?.responses[status]
  const shared = given?.$ref?.split('/').at(-1)
  const described = shared === undefined ? given : document.components.responses[shared]
  if (!described) return [`${status} is not in the document: ${text.slice(0, 300)}`]
  if (status === 500 || status === 503) return [`${status}: ${text.slice(0, 300)}`]
  const missing = headersOfAll.filter((name) => !headers.has(name))
  const offences = missing.map((name) => `the header ${name} is missing`)
  const type = (headers.get('content-type') ?? '').split(';')[0] ?? ''
  const documentedType = Object.keys(described.content ?? {})[0]
  if (type !== documentedType) return [...offences, `type ${type}, not ${documentedType}`]
  if (type !== 'application/json') return offences
  const place = given?.$ref?.slice(1) ?? `/paths/${pointed(path)}/${method}/responses/${status}`
  const pointer = `${place}/content/${pointed(type)}/schema`
  return [...offences, ...ofSchema(pointer, text), ...ofContract(operation, answer)]
}

function pointed(name: string): string {
  return encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1'))
}

function ofSchema(pointer: string, text: string): string[] {
  let validate = validators.get(pointer)
  if (!validate) {
    validate = ajv.compile({ $ref: `document#${pointer}` })
    validators.set(pointer, validate)
  }
  return faultsOf(validate, text)
}

/** The contract's schemas refuse unknown fields; those of the document accept them. */
function ofContract(operation: Operation, { status, text }: WireAnswer): string[] {
  const key = `${operation.id} ${status}`
  let validate = validators.get(key)
  if (!validate) {
    const [first, ...others] = errorsOf(operation).filter((code) => errors[code].status === status)
    const schema = operation.responses[status] ?? (first && errorAnswer([first, ...others]))
    validate = ajv.compile(schema ?? false)
    validators.set(key, validate)
  }
  return faultsOf(validate, text)
}

function faultsOf(validate: ValidateFunction, text: string): string[] {
  if (validate(JSON.parse(text))) return []
  return [
    `not of its schema: ${ajv.errorsText(validate.errors).slice(0, 400)}: ${text.slice(0, 300)}`,
  ]
}

/** Checks the answer to another path or method: of another operation, a page, or nothing. */
function ofStranger({ method, path }: Case, answer: WireAnswer): string[] {
  const { status, text } = answer
  if (status >= 500) return [`${status}: ${text.slice(0, 300)}`]
  if (status < 400 || !path.startsWith('/v1/')) return []
  return method === 'HEAD' ? [] : ofError(answer)
}

function ofError({ status, text }: WireAnswer): string[] {
  let body: { error?: { code?: string } }
  try {
    body = JSON.parse(text)
  } catch {
    return [`a ${status} that is not JSON: ${text.slice(0, 300)}`]
  }
  const code = body.error?.code as ErrorCode
  if (errors[code]?.status !== status) return [`a ${status} with the code ${code}`]
  const validate = ajv.compile(errorAnswer([code]))
  return validate(body) ? [] : [`not of its schema: ${ajv.errorsText(validate.errors)}`]
}
