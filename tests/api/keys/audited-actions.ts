import { operations } from '@hedgepayments/contract'
import type { Api } from '../../support/http/api.ts'

export const path = operations.listAuditLog.path

/** The audit records of a merchant, oldest first. */
export async function logOf(api: Api) {
  const { body } = await api('GET', `${path}?limit=100`)
  return body.data.toReversed()
}

/** An audit record with its action. */
export interface Named {
  readonly action: string
}

/** Secrets that no audit record may contain. */
export const stripeKey = 'sk_test_of_stripe_planted_0001'
export const stripeSecret = 'whsec_of_stripe_planted_0001'

/** Each action with its request. `{id}` is the id in the answer to the previous request. */
export const doings: readonly [action: string, method: string, path: string, body?: object][] = [
  ['api_key.created', 'POST', '/v1/auth/api-keys', { name: 'desk', scopes: ['payments:read'] }],
  ['api_key.revoked', 'DELETE', '/v1/auth/api-keys/{id}'],
  ['merchant.created', 'POST', '/v1/merchants', { name: 'Daughter' }],
  ['merchant.updated', 'PATCH', '/v1/merchants/{merchant}', { name: 'New name', fee_fixed: 25 }],
  [
    'processor.set',
    'POST',
    '/v1/merchants/{merchant}/processor',
    { processor: 'stripe', secret_key: stripeKey, webhook_secret: stripeSecret },
  ],
  ['processor.removed', 'DELETE', '/v1/merchants/{merchant}/processor'],
  [
    'webhook_endpoint.created',
    'POST',
    '/v1/webhooks/endpoints',
    { url: 'http://127.0.0.1:1/hook?token=planted_in_a_query' },
  ],
  ['webhook_endpoint.updated', 'PATCH', '/v1/webhooks/endpoints/{id}', { description: 'Desk' }],
  [
    'webhook_endpoint.secret_rotated',
    'PATCH',
    '/v1/webhooks/endpoints/{id}',
    { rotate_secret: true },
  ],
  [
    'webhook_endpoint.replayed',
    'POST',
    '/v1/webhooks/endpoints/{id}/replay',
    { since: '2024-06-15T10:32:00Z' },
  ],
  ['webhook_endpoint.deleted', 'DELETE', '/v1/webhooks/endpoints/{id}'],
  [
    'cancellation.created',
    'POST',
    '/v1/cancellations',
    {
      filter: { customer_email: 'planted@example.com', created_at: { lt: '2001-01-01T00:00:00Z' } },
    },
  ],
  ['test_clock.advanced', 'POST', '/v1/test/clock/advance', { seconds: 86_400 }],
]
