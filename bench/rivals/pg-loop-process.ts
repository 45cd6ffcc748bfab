import pg from 'pg'
import { type NumberRange, numberAt } from '../load/job.ts'
import { singleStatement } from './single-statement.ts'

// Runs the single statement with `pg` in a loop, for machines without pgbench.

interface Job {
  readonly url: string
  readonly merchantId: string
  readonly idPrefix: string
  readonly range: NumberRange
  readonly durationMs: number
  readonly connections: number
}

process.once('message', (job: Job) => {
  run(job).then(
    (round) => process.send?.(round, () => process.exit(0)),
    (error: unknown) => {
      console.error(error)
      process.exit(1)
    },
  )
})

async function run({ url, range, durationMs, connections, ...store }: Job) {
  const clients = await Promise.all(
    Array.from({ length: connections }, async () => {
      const client = new pg.Client({ connectionString: url })
      await client.connect()
      return client
    }),
  )
  const text = singleStatement(store, '$1::bigint')
  let next = 0
  const startedAt = performance.now()
  await Promise.all(
    clients.map(async (client) => {
      while (next < range.count && performance.now() - startedAt < durationMs) {
        const values = [numberAt(range, next++)]
        await client.query({ name: 'cancel', text, values })
      }
    }),
  )
  const elapsedMs = performance.now() - startedAt
  await Promise.all(clients.map((client) => client.end()))
  return { perSecond: (next / elapsedMs) * 1000, acknowledged: next }
}
