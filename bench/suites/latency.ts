import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { httpCancels } from '../machinery/cancel.ts'
import { compare, type Round, type Variant } from '../machinery/rounds.ts'
import { startProgram, startServer } from '../machinery/server.ts'
import type { Setup } from '../machinery/setup.ts'

/** One connection: how long a cancel takes, against what the disk and Node themselves take. */
export async function latency({ store, client, pairs, durationMs, report }: Setup) {
  const server = await startServer(store.url)
  const bare = await startProgram('node-http-process.ts')
  const { idPrefix } = store
  const shared = { client, connections: 1, idPrefix }
  const cancel = httpCancels({ ...shared, name: 'cancel', port: server.port })
  const nothing = httpCancels({ ...shared, name: 'bare node:http', port: bare.port })
  try {
    report(
      await compare(store, {
        name: 'median latency of a cancel against an append and fdatasync of 8 kB',
        target: { atMost: 3 },
        a: cancel,
        b: fdatasync(store.dataDir),
        pairs,
        durationMs,
        measure: (round) => round.p50Ms ?? Number.NaN,
      }),
    )
    report(
      await compare(store, {
        name: 'p99 latency of a cancel against a bare node:http server',
        target: { atMost: 3 },
        a: cancel,
        b: { ...nothing, run: async (...given) => changesNothing(await nothing.run(...given)) },
        pairs,
        durationMs,
        measure: (round) => round.p99Ms ?? Number.NaN,
      }),
    )
  } finally {
    await bare.stop()
    await server.stop()
  }
}

function changesNothing(round: Round): Round {
  return { ...round, acknowledged: 0 }
}

function fdatasync(folder: string): Variant {
  return {
    name: 'append and fdatasync',
    async run(_range, durationMs) {
      const child = fork(join(import.meta.dirname, '../fsync-process.ts'))
      const exited = once(child, 'exit')
      const answered = once(child, 'message')
      child.send({ folder, durationMs })
      const [round] = (await answered) as [Round]
      await exited
      return round
    },
  }
}
