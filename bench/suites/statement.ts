import { httpCancels } from '../machinery/cancel.ts'
import { compare } from '../machinery/rounds.ts'
import { startServer } from '../machinery/server.ts'
import type { Setup } from '../machinery/setup.ts'
import { findPgbench, pgbenchCancels, pgLoopCancels } from '../machinery/single-statement.ts'

/** The server against PostgreSQL alone, doing one cancel with one statement. */
export async function statement({ store, client, pairs, durationMs, report, isQuick }: Setup) {
  const server = await startServer(store.url)
  const alone = (await findPgbench()) ? pgbenchCancels : pgLoopCancels
  try {
    for (const connections of isQuick ? [64] : [1, 16, 64, 256]) {
      const { idPrefix } = store
      report(
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
