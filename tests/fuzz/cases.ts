import { allOperations, type Operation } from '@hedgepayments/contract'
import fc from 'fast-check'
import { contentTypes, rawBodies, rawValues } from './hostile/bodies.ts'
import { headers } from './hostile/headers.ts'
import { methods, pathParts, queries } from './hostile/requests.ts'
import type { Kind } from './pool.ts'
import { invalidFor, refer, type Schema, sentKey, validFor } from './values.ts'

/** A request before its references are replaced. */
export interface Case {
  readonly operation: Operation
  /** The change that was made to the request, for the message of a failure. */
  readonly made: string
  readonly method: string
  readonly path: string
  readonly query: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: string | null
  /** The body in Latin-1, which can contain any byte. */
  readonly bodyIn: 'utf8' | 'latin1'
  /** Whether method and path still belong to the operation. */
  readonly isOwn: boolean
}

interface Draft {
  readonly id: string
  readonly fields: Readonly<Record<string, unknown>> | undefined
  readonly query: Readonly<Record<string, unknown>>
  readonly headers: readonly (readonly [name: string, value: string])[]
}

const kinds: readonly (readonly [start: string, kind: Kind])[] = [
  ['/v1/payments', 'payment'],
  ['/v1/cancellations', 'cancellation'],
  ['/v1/checkout/sessions', 'checkoutSession'],
  ['/v1/disputes', 'dispute'],
  ['/v1/events', 'event'],
  ['/v1/webhooks/endpoints', 'webhookEndpoint'],
  ['/v1/webhooks/deliveries', 'delivery'],
  ['/v1/auth/api-keys', 'key'],
  ['/v1/merchants', 'merchant'],
]

/** Methods that may be sent with an idempotency key. */
const idempotent = new Set(['POST', 'PATCH'])

/** Requests of every operation: valid, almost valid, and hostile. */
export const anyCase: fc.Arbitrary<Case> = fc.oneof(
  ...allOperations.map((operation) => ({
    // Operations that need payments use many of them.
    weight: operation.id === 'createPayment' ? 5 : 1,
    arbitrary: fc.oneof(
      { weight: 4, arbitrary: drafts(operation).map((draft) => wire(operation, 'right', draft)) },
      { weight: 3, arbitrary: almost(operation) },
      { weight: 4, arbitrary: attack(operation) },
    ),
  })),
)

function drafts(operation: Operation): fc.Arbitrary<Draft> {
  const kind = kindOf(operation)
  const lists = operation.path.endsWith('/events') ? 'event' : kind
  const cursor = ['starting_after', 'ending_before']
  const query = validFor((operation.query ?? {}) as Schema).chain((value) => {
    const found = value as Record<string, unknown>
    const isPaged = cursor.some((name) => name in found)
    if (!isPaged) return fc.constant(found)
    return fc.tuple(fc.constantFrom(...cursor), refer(lists)).map(([name, id]) => {
      const { starting_after: _, ending_before: __, ...rest } = found
      return { ...rest, [name]: id }
    })
  })
  const body = operation.body ? validFor(operation.body as Schema) : fc.constant(undefined)
  const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null, freq: 1 })
  return fc.record({
    id: refer(kind),
    fields: (operation.bodyOptional ? fc.oneof(body, fc.constant(undefined)) : body).map(
      (value) => oneWay(value) as Draft['fields'],
    ),
    query,
    headers: fc
      .tuple(maybe(sentKey), operation.ifMatch ? maybe(refer('etag')) : fc.constant(null))
      .map(([key, etag]) => [
        ['Authorization', 'Bearer {{own:0}}'] as const,
        ...(key && idempotent.has(operation.method) ? [['Idempotency-Key', key] as const] : []),
        ...(etag ? [['If-Match', etag] as const] : []),
      ]),
  })
}

/** A bulk cancellation selects its payments by ids or by a filter, never by both. */
function oneWay(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('payment_ids' in value)) return value
  return { ...value, filter: undefined }
}

/** Makes one part of a request wrong. */
function almost(operation: Operation): fc.Arbitrary<Case> {
  const ways: fc.Arbitrary<(draft: Draft) => [made: string, draft: Draft]>[] = [
    fc
      .constantFrom('{{missing:0}}', '{{stranger:0}}', '{{payment:0}}x', '{{event:1}}', 'x', 'pay_')
      .map((id) => (draft) => [`id ${id}`, { ...draft, id }]),
    fc
      .oneof(
        fc.constantFrom('Bearer {{secret:0}}', 'Bearer {{strange:0}}', 'Bearer {{live:0}}', 'x'),
        refer('secret').map((secret) => `Bearer ${secret}`),
      )
      .map((value) => (draft) => [
        'another key',
        { ...draft, headers: [['Authorization', value], ...draft.headers.slice(1)] },
      ]),
    fc.constant((draft) => ['no key', { ...draft, headers: draft.headers.slice(1) }]),
  ]
  for (const part of ['query', 'fields'] as const) {
    const schema = (part === 'query' ? operation.query : operation.body) as Schema | undefined
    ways.push(spoil(part, 'not_a_field', {}))
    for (const [name, field] of Object.entries(schema?.properties ?? {})) {
      ways.push(spoil(part, name, field), drop(part, name))
    }
  }
  return fc
    .tuple(drafts(operation), fc.oneof(...ways))
    .map(([draft, change]) => wire(operation, ...change(draft)))
}

function spoil(part: 'query' | 'fields', name: string, schema: Schema) {
  return invalidFor(schema).map((value) => (draft: Draft): [string, Draft] => [
    `${part} ${name}`,
    { ...draft, [part]: { ...draft[part], [name]: value } },
  ])
}

function drop(part: 'query' | 'fields', name: string) {
  return fc.constant((draft: Draft): [string, Draft] => [
    `${part} without ${name}`,
    { ...draft, [part]: { ...draft[part], [name]: undefined } },
  ])
}

function attack(operation: Operation): fc.Arbitrary<Case> {
  const names = Object.keys((operation.body as Schema | undefined)?.properties ?? {})
  const name = fc.constantFrom(...names, '__proto__', 'constructor', 'toString', 'metadata')
  const ways: fc.Arbitrary<(right: Case) => Case>[] = [
    headers.map((header) => (right) => ({ ...right, headers: [...right.headers, header] })),
    headers.map((header) => (right) => ({
      ...right,
      headers: [...right.headers.filter(([other]) => other !== header[0]), header],
    })),
    methods.map((method) => (right) => ({
      ...right,
      method,
      isOwn: method === right.method,
    })),
    queries.map((query) => (right) => ({ ...right, query: query.replaceAll(' ', '+') })),
    fc.tuple(pathParts, fc.nat(4)).map(([part, at]) => (right) => {
      const parts = right.path.split('/')
      parts.splice(2 + (at % (parts.length - 1)), at % 2, part)
      return { ...right, path: parts.join('/'), isOwn: false }
    }),
    rawBodies.map((body) => (right) => ({ ...right, body, bodyIn: 'latin1' })),
    contentTypes.map((type) => (right) => ({
      ...right,
      body: right.body ?? '{}',
      headers: [
        ...right.headers.filter(([other]) => other !== 'Content-Type'),
        ['Content-Type', type],
      ],
    })),
    fc.tuple(name, rawValues).map(([field, value]) => (right) => ({
      ...right,
      // If a field occurs twice, the second value counts.
      body: `${(right.body ?? '{}').replace(/\}$/, '')}${(right.body?.length ?? 0 > 2) ? ',' : ''}${JSON.stringify(
        field,
      )}:${value}}`.replace('{,', '{'),
    })),
  ]
  return fc
    .tuple(drafts(operation), fc.oneof(...ways))
    .map(([draft, change]) => change(wire(operation, 'hostile', draft)))
}

function wire(operation: Operation, made: string, draft: Draft): Case {
  const { id, fields, query, headers } = draft
  const body = fields === undefined ? null : JSON.stringify(fields)
  return {
    operation,
    made,
    method: operation.method,
    path: operation.path
      .replace(':processor', 'stripe')
      .replace(':merchant', '{{merchant:0}}')
      .replace(':mode', 'test')
      .replace(/:\w+/, id),
    query: queryOf(query),
    headers: [
      ...headers,
      ...(body === null ? [] : [['Content-Type', 'application/json'] as const]),
    ],
    body,
    bodyIn: 'utf8',
    isOwn: true,
  }
}

function queryOf(query: Readonly<Record<string, unknown>>): string {
  return Object.entries(query)
    .flatMap(([name, value]) => pairsOf(name, value))
    .join('&')
}

function pairsOf(name: string, value: unknown): string[] {
  if (value === undefined) return []
  if (Array.isArray(value)) return value.flatMap((item) => pairsOf(name, item))
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([key, part]) => {
      return pairsOf(`${name}[${encode(key)}]`, part)
    })
  }
  return [`${name}=${encode(String(value))}`]
}

/** Encodes a text. References stay readable; characters without UTF-8 are sent as raw bytes. */
function encode(text: string): string {
  if (/^\{\{\w+:\d+\}\}$/.test(text)) return text
  return encodeURIComponent(text.toWellFormed())
}

function kindOf({ path }: Operation): Kind {
  return kinds.find(([start]) => path.startsWith(start))?.[1] ?? 'payment'
}
