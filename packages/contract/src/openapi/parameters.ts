import { type Operation, takesIdempotencyKey } from '../operation.ts'
import { idempotencyKeyLengthMax } from '../resources/payments/payment.ts'
import { patterns } from '../text.ts'
import { hoist } from './components.ts'
import type { Json, JsonObject, Schemas } from './json.ts'

const idempotencyKey = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description:
    'A repeated request with the same key returns the first answer again, for at least 24 hours. ' +
    'The key of a create is kept while its payment can be canceled, and at least one day longer. ' +
    `1 to ${idempotencyKeyLengthMax} printable ASCII characters, with or without quotes.`,
  schema: {
    type: 'string',
    minLength: 1,
    // The quoted form, with every character escaped, is longer.
    maxLength: 2 * idempotencyKeyLengthMax + 2,
    pattern: patterns.printableAscii,
  },
}

const ifMatch = {
  name: 'If-Match',
  in: 'header',
  required: false,
  description:
    "The payment's ETag. If the payment has changed since, the request is refused with 412.",
  schema: { type: 'string' },
}

const lastEventId = {
  name: 'Last-Event-ID',
  in: 'header',
  required: false,
  description: 'The id of the last event that you have processed. The stream continues after it.',
  schema: { type: 'string' },
}

/** The parameters of paths: by the segment before an `id`, or by their own name. */
const pathParameterSchemas: Readonly<Record<string, JsonObject>> = {
  payments: { description: 'The id of the payment.' },
  disputes: { description: 'The id of the dispute.' },
  cancellations: { description: 'The id of the cancellation.' },
  sessions: { description: 'The id of the checkout session.' },
  events: { description: 'The id of the event.' },
  endpoints: { description: 'The id of the webhook endpoint.' },
  deliveries: { description: 'The id of the delivery.' },
  'api-keys': { description: 'The id of the key pair.' },
  merchants: { description: 'The id of the merchant.' },
  processor: { description: 'The name of the processor, such as `stripe`.' },
  merchant: { description: 'The id of the merchant.' },
  mode: { description: 'The mode of the account.', enum: ['test', 'live'] },
}

/** @throws {Error} if a parameter has no description. */
export function pathParameters({ path }: Operation): Json[] {
  return [...path.matchAll(/(?<=([\w-]+)\/):(\w+)/g)].map(([, before = '', name = '']) => {
    const found = pathParameterSchemas[name === 'id' ? before : name]
    if (!found) throw new Error(`the parameter ${name} of ${path} has no description`)
    const { description = '', ...schema } = found
    return { name, in: 'path', required: true, description, schema: { type: 'string', ...schema } }
  })
}

export function queryParameters(operation: Operation, schemas: Schemas): Json[] {
  const required: readonly string[] = operation.query?.required ?? []
  return Object.entries(operation.query?.properties ?? {}).map(([name, schema]) => {
    const { type, title } = schema as { type?: string; title?: string }
    const { description = '', ...described } = hoist(
      title === undefined ? schema : { ...schema, title: undefined },
      schemas,
    ) as JsonObject
    return {
      name,
      in: 'query',
      required: required.includes(name),
      description,
      schema: title === undefined ? described : hoist(schema, schemas),
      ...(type === 'object' ? { style: 'deepObject', explode: true } : {}),
    }
  })
}

export function headerParameters(operation: Operation): Json[] {
  return [
    ...(takesIdempotencyKey(operation) ? [idempotencyKey] : []),
    ...(operation.ifMatch ? [ifMatch] : []),
    ...(operation.lastEventId ? [lastEventId] : []),
  ]
}
