import { allOperations, errorAnswer, errors, errorsOf } from '@hedgepayments/contract'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { expect } from 'vitest'
import { until } from '../until.ts'

/** An answer of the API with its whole body. */
export interface ApiAnswer {
  readonly status: number
  readonly headers: Headers
  /** The body as text, to compare answers byte for byte. */
  readonly text: string
  // Tests read answers freely. `apiClient` has checked them against the contract.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly body: any
}

/** What a request has besides its method and path. */
export interface ApiOptions {
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly idempotencyKey?: string
  /** Sent as it is, instead of `body`. */
  readonly rawBody?: string | Uint8Array<ArrayBuffer>
}

/** Sends one request and returns its answer, whatever the status. */
export type Api = (method: string, path: string, options?: ApiOptions) => Promise<ApiAnswer>

/**
 * Creates a client that uses plain HTTP and not the SDK. It checks every answer against the contract:
 * the schema of its status, the form of errors, and the headers that every answer has. Where rows were
 * written by SQL, their answers need not be whole: `isChecked` is false then.
 */
export function apiClient(
  url: string,
  secretKey: string | null,
  { isChecked = true }: { isChecked?: boolean } = {},
): Api {
  return async (method, path, options = {}) => {
    const sent =
      options.rawBody ?? (options.body === undefined ? null : JSON.stringify(options.body))
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        ...(secretKey === null ? {} : { authorization: `Bearer ${secretKey}` }),
        ...(sent === null ? {} : { 'content-type': 'application/json' }),
        ...(options.idempotencyKey ? { 'idempotency-key': options.idempotencyKey } : {}),
        ...options.headers,
      },
      ...(sent === null ? {} : { body: sent }),
    })
    const text = await response.text()
    const body: unknown = text === '' ? null : JSON.parse(text)
    if (isChecked && path.startsWith('/v1')) expectContract({ method, path, response, body })
    return { status: response.status, headers: response.headers, text, body }
  }
}

const ajv = new Ajv2020({ strict: false, allErrors: true })
addFormats.default(ajv)
const compiled = new Map<object, ValidateFunction>()
const headersOfAll = [
  'x-request-id',
  'x-ratelimit-limit',
  'x-ratelimit-remaining',
  'x-ratelimit-reset',
]

const routes = allOperations
  .map((operation) => ({
    operation,
    shape: new RegExp(`^${operation.path.replaceAll(/:\w+/g, '[^/]*')}$`),
    parameters: operation.path.split(':').length,
  }))
  .sort((a, b) => a.parameters - b.parameters)

function expectContract(answer: {
  method: string
  path: string
  response: Response
  body: unknown
}): void {
  const { method, response, body } = answer
  for (const name of headersOfAll) expect(response.headers.get(name), name).not.toBeNull()
  const path = answer.path.split('?', 1)[0] ?? ''
  const route = routes.find(
    ({ operation, shape }) => operation.method === method && shape.test(path),
  )
  const schema = route?.operation.responses[response.status]
  if (schema) {
    expectValid(schema, body)
    return
  }
  expect(response.status, JSON.stringify(body)).toBeGreaterThanOrEqual(400)
  const { code } = (body as { error: { code: keyof typeof errors } }).error
  expect(errors[code]?.status, `${code} must be in the registry`).toBe(response.status)
  if (route) expect(errorsOf(route.operation), `errors of ${route.operation.id}`).toContain(code)
  expectValid(errorSchemas[code], body)
}

const errorSchemas = Object.fromEntries(
  Object.keys(errors).map((code) => [code, errorAnswer([code as keyof typeof errors])]),
) as Record<keyof typeof errors, object>

function expectValid(schema: object, body: unknown): void {
  let validate = compiled.get(schema)
  if (!validate) {
    validate = ajv.compile(schema)
    compiled.set(schema, validate)
  }
  expect(validate(body), ajv.errorsText(validate.errors)).toBe(true)
}

/** The smallest body of a create, with more fields if given. */
export function paymentBody(more: Record<string, unknown> = {}) {
  return { amount: 9999, currency: 'USD', customer_email: 'customer@example.com', ...more }
}

/** Creates a payment and returns it. */
export async function createPayment(api: Api, more: Record<string, unknown> = {}) {
  const { status, body, text } = await untilAdmitted(() =>
    api('POST', '/v1/payments', { body: paymentBody(more) }),
  )
  expect(status, text).toBe(201)
  return body
}

/**
 * Repeats a request that sets a test up while its answer is 503, as clients should. On a busy machine a
 * server refuses some requests, and opens some connections to the database too late.
 */
export async function untilAdmitted(send: () => Promise<ApiAnswer>): Promise<ApiAnswer> {
  return await until('the request is admitted', async () => {
    const answer = await send()
    return answer.status !== 503 && answer
  })
}
