import { defineOperation } from '../operation.ts'
import { Event } from '../resources/events/event.ts'
import {
  WebhookDelivery,
  WebhookDeliveryListQuery,
  WebhookDeliveryWithAttempts,
  WebhookRetry,
  WebhookTest,
} from '../resources/events/webhook-delivery.ts'
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
} from '../resources/events/webhook-endpoint.ts'
import { listOf } from '../resources/list.ts'

const tag = 'Webhooks'
const scope = 'webhooks:write'
/** Endpoints and deliveries reveal payments, so the key must be able to read payments. */
const scopesAlso = ['payments:read'] as const

export const createWebhookEndpoint = defineOperation({
  id: 'createWebhookEndpoint',
  method: 'POST',
  path: '/v1/webhooks/endpoints',
  tag,
  summary: 'Register a webhook endpoint',
  description:
    'Only this answer contains the secret. The endpoint will receive payments, so the key needs the ' +
    'scope `payments:read` as well.',
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
  description: 'Without their secrets.',
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
  description: 'Without its secret.',
  scope,
  responses: { 200: WebhookEndpoint },
  errors: [],
})

export const updateWebhookEndpoint = defineOperation({
  id: 'updateWebhookEndpoint',
  method: 'PATCH',
  path: '/v1/webhooks/endpoints/:id',
  tag,
  summary: 'Change, enable or disable an endpoint, or rotate its secret',
  description:
    'To change `url` or `events`, or to enable the endpoint, the key needs the scope `payments:read` ' +
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
  description: 'Its pending deliveries become `failed`. The log of its deliveries stays.',
  scope,
  responses: { 200: DeletedWebhookEndpoint },
  errors: [],
})

export const retryWebhookEndpoint = defineOperation({
  id: 'retryWebhookEndpoint',
  method: 'POST',
  path: '/v1/webhooks/endpoints/:id/retry',
  tag,
  summary: 'Retry the failed deliveries of an endpoint',
  description:
    'Retries the oldest 10,000. Repeat the request while `has_more` is true. The endpoint must be ' +
    'enabled. The key needs the scope `payments:read` as well.',
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
  summary: 'Send all events since a time to an endpoint again',
  description:
    'Each event becomes a new delivery, also if it was delivered before. New events are sent as usual ' +
    'and may overtake the replay. The endpoint must be enabled. The key needs the scope ' +
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
  description:
    'Deliveries contain ids of payments, so the key needs the scope `payments:read` as well.',
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
  summary: 'Retrieve a delivery with its attempts',
  description:
    'An answer of the receiver may repeat the event, so the key needs the scope `payments:read` as ' +
    'well.',
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
  summary: 'Retry a delivery now',
  description:
    'A delivery with any status can be retried. If the retry fails, the schedule of retries starts ' +
    'again. The endpoint must exist and be enabled. The key needs the scope `payments:read` as well.',
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
    'Test mode only. The list and the stream of events contain the test event as well, but it belongs ' +
    'to no payment: its `reason` is `test_event`, and the metadata of its sample data has ' +
    '`test_event: "true"`. With `payment_id`, the key needs the scope `payments:read` as well.',
  scope,
  scopesOfBody: [{ field: 'payment_id', scope: 'payments:read' }],
  body: WebhookTest,
  bodyOptional: true,
  responses: { 200: Event },
  errors: [],
})
