import { httpCancels } from '../load/cancel.ts'
import { compare } from '../method/rounds.ts'
import type { Setup } from '../method/setup.ts'
import { findPgbench, pgbenchCancels, pgLoopCancels } from '../rivals/single-statement.ts'
import { startServer } from '../server/server.ts'

/** Compares the server with PostgreSQL alone, which runs one statement for each cancel. */
export async function statement({
  store,
  client,
  pairs,
  durationMs,
  recordComparison,
  isQuick,
}: Setup) {
  const server = await startServer(store.url)
  const alone = (await findPgbench()) ? pgbenchCancels : pgLoopCancels
  try {
    for (const connections of isQuick ? [64] : [1, 16, 64, 256]) {
      const { idPrefix } = store
      recordComparison(
        await compare(store, {
          name: `cancel against PostgreSQL alone, ${connections} connections`,
          target: connections === 64 ? { atLeast: 1.5 } : null,
          a: httpCancels({ name: 'cancel', client, port: server.port, connections, idPrefix }),
          b: alone(store, connections),
          pairs,
          durationMs,
        }),
      )
    }
  } finally {
    await server.stop()
  }
}
