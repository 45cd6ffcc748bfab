import type {
  Event,
  WebhookDelivery,
  WebhookDeliveryWithAttempts,
  WebhookEndpoint,
  WebhookEndpointWithSecret,
  WebhookReplay,
  WebhookRetry,
} from '@hedgepayments/contract'
import { queryOptions } from '@tanstack/react-query'
import { type List, request, withQuery } from './client.ts'

const path = '/v1/webhooks'

/** All webhook endpoints of the account. */
export const endpointsQuery = queryOptions({
  queryKey: ['endpoints'],
  queryFn: async ({ signal }) =>
    (await request<List<WebhookEndpoint>>('GET', `${path}/endpoints?limit=100`, { signal })).data,
})

/** Filters of the list of deliveries. */
export interface DeliveryFilter {
  readonly endpoint_id?: string
  readonly payment_id?: string
  readonly status?: string
}

/** The newest 50 deliveries that match a filter. */
export const deliveriesQuery = (filter: DeliveryFilter) =>
  queryOptions({
    queryKey: ['deliveries', filter],
    queryFn: async ({ signal }) =>
      (
        await request<List<WebhookDelivery>>(
          'GET',
          withQuery(`${path}/deliveries`, { limit: 50, ...filter }),
          { signal },
        )
      ).data,
  })

/** One delivery with its attempts, newest first. */
export const deliveryQuery = (id: string) =>
  queryOptions({
    queryKey: ['deliveries', 'attempts', id],
    queryFn: ({ signal }) =>
      request<WebhookDeliveryWithAttempts>('GET', `${path}/deliveries/${id}`, { signal }),
  })

/** Sends no idempotency key, because the answer contains a secret (see `createKey`). */
export async function createEndpoint(endpoint: {
  url: string
  description: string | null
  events: readonly string[]
}): Promise<WebhookEndpointWithSecret> {
  return await request('POST', `${path}/endpoints`, { body: endpoint })
}

/** Enables or disables an endpoint. */
export async function setEndpointEnabled(id: string, enabled: boolean): Promise<WebhookEndpoint> {
  return await request('PATCH', `${path}/endpoints/${id}`, { body: { enabled } })
}

/** Creates a new secret. Only this answer shows it. */
export async function rotateSecret(id: string): Promise<WebhookEndpointWithSecret> {
  return await request('PATCH', `${path}/endpoints/${id}`, { body: { rotate_secret: true } })
}

/** Deletes an endpoint and abandons its pending deliveries. */
export async function deleteEndpoint(id: string): Promise<void> {
  await request('DELETE', `${path}/endpoints/${id}`)
}

/** Retries the failed deliveries of an endpoint. */
export async function retryFailed(id: string): Promise<WebhookRetry> {
  return await request('POST', `${path}/endpoints/${id}/retry`)
}

/** Sends every event since a time (RFC 3339) again. */
export async function replay(id: string, since: string): Promise<WebhookReplay> {
  return await request('POST', `${path}/endpoints/${id}/replay`, { body: { since } })
}

/** Sends a delivery again now. */
export async function retryDelivery(id: string): Promise<WebhookDelivery> {
  return await request('POST', `${path}/deliveries/${id}/retry`)
}

/** Sends a test event to an endpoint. */
export async function sendTest(id: string): Promise<Event> {
  return await request('POST', `${path}/test`, { body: { endpoint_id: id } })
}
