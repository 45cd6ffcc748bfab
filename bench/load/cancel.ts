import type { Variant } from '../method/rounds.ts'
import type { Client } from './client.ts'
import { apiRequest, requests } from './requests.ts'

/** The last part of the path: the API's own cancel, or a rival of variants-process.ts. */
export type CancelPath = 'cancel' | 'cancel-one-by-one' | 'cancel-textbook'

/** Cancels over HTTP, each with a reason and its own Idempotency-Key. */
export function httpCancels(options: {
  name: string
  client: Client
  port: number
  connections: number
  idPrefix: string
  path?: CancelPath
}): Variant {
  const { name, client, port, connections, idPrefix, path = 'cancel' } = options
  return requests({
    name,
    targets: [{ client, port }],
    connections,
    request: apiRequest('POST', `/v1/payments/{id}/${path}`, {
      idPrefix,
      body: { reason: 'customer_requested' },
      key: 'cancel-5f1c6b1e-9a57-4f2b-{n}',
    }),
    expected: 200,
    cancels: true,
  })
}
