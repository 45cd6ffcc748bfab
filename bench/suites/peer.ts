import { httpCancels } from '../load/cancel.ts'
import type { Client } from '../load/client.ts'
import { compare, type Variant } from '../method/rounds.ts'
import type { Setup } from '../method/setup.ts'
import { startPeer, startServer } from '../server/server.ts'

const headers = {
  authorization: `Basic ${Buffer.from('sk_test_bench:').toString('base64')}`,
  'content-type': 'application/x-www-form-urlencoded',
}
/** Concurrent requests that create the charges, before the round. */
const makers = 32

/**
 * Compares with stripe-stateful-mock, which keeps everything in memory. Its counterpart of a cancel is
 * the refund of an uncaptured charge.
 */
export async function peer({
  store,
  client,
  pairs,
  durationMs,
  recordComparison,
}: Setup): Promise<void> {
  const server = await startServer(store.url)
  const mock = await startPeer()
  const { idPrefix } = store
  try {
    recordComparison(
      await compare(store, {
        name: 'cancel against stripe-stateful-mock, 64 connections',
        target: { atLeast: 1.5 },
        a: httpCancels({ name: 'cancel', client, port: server.port, connections: 64, idPrefix }),
        b: refunds(client, mock.port),
        pairs,
        durationMs,
      }),
    )
  } finally {
    await mock.stop()
    await server.stop()
  }
}

function refunds(client: Client, port: number): Variant {
  return {
    name: 'stripe-stateful-mock',
    cancelsNothing: true,
    async run({ count }, durationMs) {
      const ids = await makeCharges(port, count)
      const body = 'charge={id}'
      const request = { method: 'POST', path: '/v1/refunds', headers, body, idPrefix: '' } as const
      const numbers = { from: 0, count }
      const result = await client.run({
        ...{ port, connections: 64, durationMs, numbers },
        request: { ...request, ids },
      })
      if (result.statuses['200'] !== result.requests) {
        throw new Error(`void: the mock answered ${result.firstFailure}`)
      }
      const { perSecond, p50Ms, p99Ms } = result
      return { perSecond, acknowledged: 0, p50Ms, p99Ms }
    },
  }
}

async function makeCharges(port: number, count: number): Promise<string[]> {
  const ids: string[] = []
  let started = 0
  const make = async () => {
    while (started++ < count) {
      const response = await fetch(`http://127.0.0.1:${port}/v1/charges`, {
        method: 'POST',
        headers,
        body: 'amount=9999&currency=usd&source=tok_visa&capture=false',
      })
      ids.push(((await response.json()) as { id: string }).id)
    }
  }
  await Promise.all(Array.from({ length: makers }, make))
  return ids
}
