import { defineOperation } from '../operation.ts'
import { Event } from '../resources/event.ts'
import { listOf } from '../resources/list.ts'
import {
  WebhookDelivery,
  WebhookDeliveryListQuery,
  WebhookDeliveryWithAttempts,
  WebhookRetry,
  WebhookTest,
} from '../resources/webhook-delivery.ts'
import {
  DeletedWebhookEndpoint,
  WebhookEndpoint,
  WebhookEndpointCreate,
  WebhookEndpointListQuery,
  WebhookEndpointUpdate,
  WebhookEndpointUpdated,
  WebhookEndpointWithSecret,
  WebhookReplay,
  WebhookReplayCreate,
} from '../resources/webhook-endpoint.ts'

const tag = 'Webhooks'
const scope = 'webhooks:write'
/** An endpoint receives payments, and its deliveries name them: the key must be able to read payments. */
const scopesAlso = ['payments:read'] as const

export const createWebhookEndpoint = defineOperation({
  id: 'createWebhookEndpoint',
  method: 'POST',
  path: '/v1/webhooks/endpoints',
  tag,
  summary: 'Register an address that events are sent to',
  description:
    'The answer is the only one that shows the secret. The endpoint receives payments, so the key ' +
    'needs the scope `payments:read` as well.',
  scope,
  scopesAlso,
  secretAnswer: true,
  body: WebhookEndpointCreate,
  responses: { 201: WebhookEndpointWithSecret },
  errors: [],
})

export const listWebhookEndpoints = defineOperation({
  id: 'listWebhookEndpoints',
  method: 'GET',
  path: '/v1/webhooks/endpoints',
  tag,
  summary: 'List endpoints, newest first',
  scope,
  query: WebhookEndpointListQuery,
  responses: { 200: listOf(WebhookEndpoint, 'WebhookEndpointList') },
  errors: [],
})

export const retrieveWebhookEndpoint = defineOperation({
  id: 'retrieveWebhookEndpoint',
  method: 'GET',
  path: '/v1/webhooks/endpoints/:id',
  tag,
  summary: 'Retrieve an endpoint',
  scope,
  responses: { 200: WebhookEndpoint },
  errors: [],
})

export const updateWebhookEndpoint = defineOperation({
  id: 'updateWebhookEndpoint',
  method: 'PATCH',
  path: '/v1/webhooks/endpoints/:id',
  tag,
  summary: 'Change an endpoint, enable or disable it, rotate its secret',
  description:
    'To change `url` or `events` or to enable the endpoint, the key needs the scope `payments:read` ' +
    'as well.',
  scope,
  scopesOfBody: [
    { field: 'url', scope: 'payments:read' },
    { field: 'events', scope: 'payments:read' },
    { field: 'enabled', is: true, scope: 'payments:read' },
  ],
  secretAnswer: true,
  body: WebhookEndpointUpdate,
  responses: { 200: WebhookEndpointUpdated },
  errors: [],
})

export const deleteWebhookEndpoint = defineOperation({
  id: 'deleteWebhookEndpoint',
  method: 'DELETE',
  path: '/v1/webhooks/endpoints/:id',
  tag,
  summary: 'Delete an endpoint',
  description: 'What is waiting for it is given up; the log of its deliveries stays.',
  scope,
  responses: { 200: DeletedWebhookEndpoint },
  errors: [],
})

export const retryWebhookEndpoint = defineOperation({
  id: 'retryWebhookEndpoint',
  method: 'POST',
  path: '/v1/webhooks/endpoints/:id/retry',
  tag,
  summary: 'Try the failed deliveries of an endpoint again',
  description:
    'The oldest 10,000 at once; ask again while `has_more`. It must be enabled. The key needs the ' +
    'scope `payments:read` as well.',
  scope,
  scopesAlso,
  responses: { 200: WebhookRetry },
  errors: [],
})

export const replayWebhookEndpoint = defineOperation({
  id: 'replayWebhookEndpoint',
  method: 'POST',
  path: '/v1/webhooks/endpoints/:id/replay',
  tag,
  summary: 'Send an endpoint every event since a time again',
  description:
    'Each becomes a new delivery, also where it was delivered before. Events that come later ' +
    'are sent as always and may overtake the replay. It must be enabled. The key needs the scope ' +
    '`payments:read` as well.',
  scope,
  scopesAlso,
  body: WebhookReplayCreate,
  responses: { 202: WebhookReplay },
  errors: [],
})

export const listWebhookDeliveries = defineOperation({
  id: 'listWebhookDeliveries',
  method: 'GET',
  path: '/v1/webhooks/deliveries',
  tag,
  summary: 'List deliveries, newest first',
  description: 'Deliveries name payments, so the key needs the scope `payments:read` as well.',
  scope,
  scopesAlso,
  query: WebhookDeliveryListQuery,
  responses: { 200: listOf(WebhookDelivery, 'WebhookDeliveryList') },
  errors: [],
})

export const retrieveWebhookDelivery = defineOperation({
  id: 'retrieveWebhookDelivery',
  method: 'GET',
  path: '/v1/webhooks/deliveries/:id',
  tag,
  summary: 'Retrieve a delivery with each of its attempts',
  description:
    'Receivers may repeat what they got, so the key needs the scope `payments:read` as well.',
  scope,
  scopesAlso,
  responses: { 200: WebhookDeliveryWithAttempts },
  errors: [],
})

export const retryWebhookDelivery = defineOperation({
  id: 'retryWebhookDelivery',
  method: 'POST',
  path: '/v1/webhooks/deliveries/:id/retry',
  tag,
  summary: 'Send a delivery again now',
  description:
    'Whatever became of it. Should it fail, the schedule of retries begins anew. Its endpoint must ' +
    'be there and enabled. The key needs the scope `payments:read` as well.',
  scope,
  scopesAlso,
  responses: { 200: WebhookDelivery },
  errors: [],
})

export const testWebhook = defineOperation({
  id: 'testWebhook',
  method: 'POST',
  path: '/v1/webhooks/test',
  tag,
  summary: 'Send a test event',
  description:
    'Test mode only. It is an event like any other, also in the list and the stream of events, ' +
    'but belongs to no payment: its `reason` is `test_event` and its sample data says so in its ' +
    'metadata (`test_event: "true"`). With `payment_id` the key needs the scope `payments:read` as ' +
    'well.',
  scope,
  scopesOfBody: [{ field: 'payment_id', scope: 'payments:read' }],
  body: WebhookTest,
  bodyOptional: true,
  responses: { 200: Event },
  errors: [],
})
