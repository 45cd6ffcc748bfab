import { base } from '../addresses.ts'
import type { NamedSchemas } from './example.ts'
import { describeField, type Field, fieldsOf, nameOfReference, type Schema } from './schema.ts'

/** The page of the webhooks: each event type with the body that an endpoint receives. */
export interface Webhooks {
  readonly url: string
  /** The headers of every webhook. */
  readonly headers: readonly Field[]
  /** How to verify the signatures. Markdown. */
  readonly verification: string
  readonly events: readonly WebhookEvent[]
  readonly answers: readonly { readonly status: string; readonly text: string }[]
}

/** An event type, as an endpoint receives it. */
export interface WebhookEvent {
  /** The anchor, and the id of the operation in the document: `onPaymentCanceled`. */
  readonly id: string
  /** The event type: `payment.canceled`. */
  readonly title: string
  readonly description: string
  /** The name of the schema of the body. */
  readonly bodyName: string
  readonly body: readonly Field[]
  /** A body as JSON. `null` if the document has no example. */
  readonly example: string | null
}

/** The part of a webhook of OpenAPI that the reference shows. */
export interface WebhookSource {
  readonly operationId: string
  readonly description: string
  readonly parameters: readonly { readonly $ref: string }[]
  readonly requestBody: {
    readonly content: Readonly<Record<string, { readonly schema: { readonly $ref: string } }>>
  }
  readonly responses: Readonly<Record<string, { readonly description: string }>>
}

/** A parameter of the components. */
export interface NamedParameter {
  readonly name: string
  readonly required?: boolean
  readonly description?: string
  readonly schema: Schema
}

interface Document {
  readonly webhooks: Readonly<Record<string, { readonly post: WebhookSource }>>
  readonly components: {
    readonly schemas: NamedSchemas
    readonly parameters: Readonly<Record<string, NamedParameter>>
  }
}

/** Makes the page of the webhooks from the OpenAPI document. @throws if the document has none. */
export function readWebhooks({ webhooks, components }: Document): Webhooks {
  const sources = Object.entries(webhooks).map(([type, { post }]) => ({ type, post }))
  const [first] = sources
  if (first === undefined) throw new Error('the OpenAPI document has no webhooks')
  const { parameters, schemas } = components
  const events = sources.map(({ type, post }) => describeEvent(type, post, schemas))
  return {
    url: `${base}/api/webhook-events`,
    headers: first.post.parameters.flatMap(({ $ref }) => {
      const header = parameters[nameOfReference($ref)]
      if (header === undefined) throw new Error(`the OpenAPI document has no ${$ref}`)
      const field = describeField(header.name, header.schema, header.required ?? false)
      return [{ ...field, description: header.description ?? '' }]
    }),
    // The description of each webhook is the meaning of its event, and then this text.
    verification: first.post.description.slice(events[0]?.description.length).trim(),
    events,
    // JSON puts whole numbers first. In this order, `default` is the last.
    answers: Object.entries(first.post.responses)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([status, { description }]) => ({
        status: status === 'default' ? 'any other' : status,
        text: description,
      })),
  }
}

function describeEvent(type: string, source: WebhookSource, schemas: NamedSchemas): WebhookEvent {
  const reference = Object.values(source.requestBody.content)[0]?.schema.$ref ?? ''
  const schema = schemas[nameOfReference(reference)]
  if (schema === undefined) throw new Error(`the webhook ${type} has a body without a name`)
  const example = schema.examples?.[0]
  return {
    id: source.operationId,
    title: type,
    description: schema.description ?? '',
    bodyName: nameOfReference(reference),
    body: fieldsOf(schema),
    example: example === undefined ? null : JSON.stringify(example, null, 2),
  }
}
