import { eventSchema } from '../resources/events/event.ts'
import { eventMeanings } from '../resources/events/event-meanings.ts'
import { pascalCase } from '../text.ts'
import { type EventType, eventTypes } from '../values.ts'
import { hoist } from './components.ts'
import type { Json, Schemas } from './json.ts'

const signatures =
  'Verify a signature over the received bytes before you parse them, and refuse a timestamp that is ' +
  'more than five minutes off. After a rotation of the secret each header has two signatures: one of ' +
  'them must match.'

/** The headers of a webhook, by the name of their parameter in `components`. */
export const webhookParameters: Readonly<Record<string, Json>> = {
  WebhookId: {
    name: 'webhook-id',
    in: 'header',
    required: true,
    description: 'The id of the event. The same in each attempt: deduplicate by it.',
    schema: { type: 'string' },
  },
  WebhookTimestamp: {
    name: 'webhook-timestamp',
    in: 'header',
    required: true,
    description: 'When this attempt was sent, in Unix seconds. The signatures cover it.',
    schema: { type: 'integer' },
  },
  WebhookSignature: {
    name: 'webhook-signature',
    in: 'header',
    required: true,
    description:
      'Signatures by Standard Webhooks, separated by blanks: `v1,` and the Base64 of the HMAC-SHA256 ' +
      'over `webhook-id.webhook-timestamp.body`. The key is the Base64-decoded part of the secret ' +
      'after `whsec_`.',
    schema: { type: 'string' },
  },
  HedgeSignature: {
    name: 'X-Hedge-Signature',
    in: 'header',
    required: true,
    description:
      '`t=` and Unix seconds, then signatures, separated by commas: `v1=` and the hexadecimal ' +
      'HMAC-SHA256 over `t.body`. The key is the whole secret as text, `whsec_` included.',
    schema: { type: 'string' },
  },
}

const refs = Object.keys(webhookParameters).map((name) => ({
  $ref: `#/components/parameters/${name}`,
}))

/** The webhooks of the document: one for each event type. */
export function describeWebhooks(schemas: Schemas): Json {
  return Object.fromEntries(eventTypes.map((type) => [type, { post: describe(type, schemas) }]))
}

function describe(type: EventType, schemas: Schemas): Json {
  return {
    operationId: `on${pascalCase(type)}`,
    tags: ['Webhooks'],
    summary: `Receive \`${type}\``,
    description: `${eventMeanings[type]} ${signatures}`,
    security: [],
    parameters: refs,
    requestBody: {
      required: true,
      description: 'The event.',
      content: { 'application/json': { schema: hoist(eventSchema(type), schemas) } },
    },
    responses: {
      '2XX': { description: 'The event is accepted. Answer within ten seconds.' },
      '410': { description: 'The endpoint is gone. It is disabled.' },
      default: { description: 'The event is sent again later.' },
    },
  }
}
