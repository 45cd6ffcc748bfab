import { api, cancelInBulk } from '../load/api.ts'
import { httpCancels } from '../load/cancel.ts'
import { countedRound } from '../method/rounds.ts'
import type { Setup } from '../method/setup.ts'
import { median } from '../method/statistics.ts'
import { startRival, startServer } from '../server/server.ts'

/** Measures cancels while webhooks are delivered and a bulk cancellation runs. */
export async function cancelUnderLoad(setup: Setup): Promise<void> {
  const { store, client, pairs, durationMs, isQuick, recordFigure } = setup
  const server = await startServer(store.url)
  const receiver = await startRival('node-http-process.ts')
  const { idPrefix } = store
  const name = 'cancel beside the rest'
  const cancel = httpCancels({ name, client, port: server.port, connections: 64, idPrefix })
  try {
    const url = `http://127.0.0.1:${receiver.port}/webhook`
    const events = ['payment.canceled']
    const endpoint = { url, events }
    const { id } = await api<{ id: string }>(
      server.port,
      'POST',
      '/v1/webhooks/endpoints',
      endpoint,
    )
    const p99s: number[] = []
    for (let i = 0; i < (isQuick ? 1 : pairs); i++) {
      const email = `beside${i}@example.com`
      await store.addPending(isQuick ? 20_000 : 100_000, { email })
      const range = await store.addPending(Math.ceil(durationMs * 20))
      const bulk = cancelInBulk(server.port, { customer_email: email })
      const round = await countedRound(store, cancel, range, durationMs)
      await bulk
      p99s.push(round.p99Ms ?? Number.NaN)
    }
    recordFigure({
      name: 'p99 of a cancel at 64 connections, beside webhooks and a bulk cancel of 100,000',
      value: median(p99s),
      unit: 'ms',
      target: { atMost: 25 },
    })
    await api(server.port, 'DELETE', `/v1/webhooks/endpoints/${id}`)
  } finally {
    await receiver.stop()
    await server.stop()
  }
}
