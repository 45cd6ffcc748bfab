import { httpCancels } from '../machinery/cancel.ts'
import { compare } from '../machinery/rounds.ts'
import { startProgram, startServer } from '../machinery/server.ts'
import type { Setup } from '../machinery/setup.ts'

/** The server as it is, against batching off and against the textbook's transaction. */
export async function batching({ store, client, pairs, durationMs, report }: Setup) {
  const server = await startServer(store.url)
  const rivals = await startProgram('variants-process.ts', { databaseUrl: store.url })
  const { idPrefix } = store
  try {
    for (const { connections, path, atLeast } of [
      { connections: 64, path: 'cancel-one-by-one', atLeast: 2 },
      { connections: 1, path: 'cancel-one-by-one', atLeast: 0.95 },
      { connections: 64, path: 'cancel-textbook', atLeast: 4 },
    ] as const) {
      const rival = path === 'cancel-textbook' ? 'the textbook' : 'batching off'
      const shared = { client, connections, idPrefix }
      report(
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
