import { httpCancels } from '../load/cancel.ts'
import { compare } from '../method/rounds.ts'
import type { Setup } from '../method/setup.ts'
import { startRival, startServer } from '../server/server.ts'

/** Compares the server with itself without batching, and with the textbook's transaction. */
export async function batching({ store, client, pairs, durationMs, recordComparison }: Setup) {
  const server = await startServer(store.url)
  const rivals = await startRival('variants-process.ts', { databaseUrl: store.url })
  const { idPrefix } = store
  try {
    for (const { connections, path, atLeast } of [
      { connections: 64, path: 'cancel-one-by-one', atLeast: 2 },
      { connections: 1, path: 'cancel-one-by-one', atLeast: 0.95 },
      { connections: 64, path: 'cancel-textbook', atLeast: 4 },
    ] as const) {
      const rival = path === 'cancel-textbook' ? 'the textbook' : 'batching off'
      const shared = { client, connections, idPrefix }
      recordComparison(
        await compare(store, {
          name: `cancel against ${rival}, ${connections} connections`,
          target: { atLeast },
          a: httpCancels({ ...shared, name: 'cancel', port: server.port }),
          b: httpCancels({ ...shared, name: rival, port: rivals.port, path }),
          pairs,
          durationMs,
        }),
      )
    }
  } finally {
    await rivals.stop()
    await server.stop()
  }
}
