import { connect, type Database } from '../../../packages/server/src/database/connect.ts'
import { feeScheduleDefault } from '../../../packages/server/src/domain/fees.ts'
import type { Loop } from '../../../packages/server/src/jobs/loop.ts'
import { createProcessors } from '../../../packages/server/src/processors/processors.ts'
import { createSealer } from '../../../packages/server/src/sealing/sealer.ts'
import { createLog } from '../../../packages/server/src/wiring/log.ts'
import { startWorkers } from '../../../packages/server/src/wiring/workers.ts'
import type { Sql } from '../../support/databases/sql.ts'
import { until } from '../../support/until.ts'

/** The background work of one server, in the process of the test. */
export interface BackgroundWork {
  readonly loop: Loop
  stop(): Promise<void>
}

/** Background work whose statements can be paused, as those of a process that is frozen. */
export interface PausedWork extends BackgroundWork {
  /** Resolves when the work is paused. */
  readonly paused: Promise<void>
  /** The first paused statement. */
  statement(): string
  /** Whether the statements of other work wait too. */
  isPaused(): boolean
  /** Process ids of its sessions in the database. */
  sessions(): number[]
  /** Continues all statements. */
  release(): void
}

/** The sandbox's own transactions. For the worker that calls the sandbox they are one step. */
const insideOfProcessor = /sandbox_(answers|movements|refunds)|pg_advisory_xact_lock/

/** Starts the background work of a server. */
export function startWork(url: string): BackgroundWork {
  return workOn(connect({ url, onError: () => undefined }))
}

/**
 * Starts the background work of a server that pauses before the `nth` statement about `ids`: statements
 * with one of them in a parameter, and the ends of their transactions. From then on it sends no
 * statement until it is released.
 */
export function startPausedWork(
  url: string,
  { ids, nth }: { ids: readonly string[]; nth: number },
): PausedWork {
  const database = connect({ url, onError: () => undefined })
  const { promise: paused, resolve: pause } = Promise.withResolvers<void>()
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  const touched = new WeakSet<object>()
  const clients = new Map<object, number>()
  let count = 0
  let statement = ''
  let state: 'before' | 'paused' | 'released' = 'before'

  async function pass(client: object, text: string, values: unknown): Promise<void> {
    const isEnd = /^(commit|rollback)$/i.test(text)
    const isInside = insideOfProcessor.test(text)
    const isAbout = !isInside && ids.some((id) => JSON.stringify(values ?? []).includes(id))
    const isCounted = isAbout || (isEnd && touched.has(client))
    if (isAbout) touched.add(client)
    if (isEnd) touched.delete(client)
    if (isCounted && state === 'before' && ++count === nth) {
      statement = text
      state = 'paused'
      pause()
    }
    if (state === 'paused') await released
  }

  const connectClient = database.pool.connect.bind(database.pool)
  database.pool.connect = (async () => {
    const client = await connectClient()
    if (!clients.has(client)) {
      clients.set(client, (client as unknown as { processID: number }).processID)
      // The session reports its end by the test while no statement runs.
      client.on('error', () => undefined)
      const send = client.query.bind(client) as (...given: unknown[]) => Promise<unknown>
      client.query = (async (text: string, values: unknown) => {
        await pass(client, text, values)
        return await send(text, values)
      }) as unknown as typeof client.query
    }
    return client
  }) as typeof database.pool.connect

  const base = workOn(database)
  const work: PausedWork = {
    loop: base.loop,
    async stop() {
      running.delete(work)
      await base.stop()
    },
    paused,
    statement: () => statement,
    isPaused: () => state === 'paused',
    sessions: () => [...clients.values()],
    release() {
      state = 'released'
      release()
    },
  }
  running.delete(base)
  running.add(work)
  return work
}

const running = new Set<BackgroundWork>()

/** Stops all background work, so that a failed test leaves none. */
export async function stopWork(): Promise<void> {
  for (const work of running) {
    if ('release' in work) (work as PausedWork).release()
    await work.stop()
  }
}

/** Ends every lease and, as the database does, the idle transactions of the worker. */
export async function passLeases(sql: Sql, paused: PausedWork): Promise<void> {
  await until('its transactions have ended', async () => {
    const rows = await sql.query(
      `select case when state like 'idle in transaction%' then pg_terminate_backend(pid) end
       from pg_stat_activity where pid = any($1::integer[]) and state <> 'idle'`,
      [paused.sessions()],
    )
    return rows.length === 0
  })
  const ended = "now() - interval '1 s'"
  await sql.query(`update payment_tasks set leased_until = ${ended} where leased_until is not null`)
  await sql.query(
    `update checkout_sessions set leased_until = ${ended} where leased_until is not null`,
  )
  await sql.query(`update webhook_deliveries set due_at = ${ended} where lease is not null`)
}

function workOn(database: Database): BackgroundWork {
  const sealer = createSealer([])
  const stripe = { secretKey: null, publishableKey: null, webhookSecret: null, apiBase: null }
  const given = { db: database.db, publicUrl: () => 'http://127.0.0.1', keyring: null, stripe }
  const loop = startWorkers({
    database,
    processors: createProcessors(given),
    fees: feeScheduleDefault,
    sealer,
    log: createLog('silent'),
    requestsInFlight: () => 0,
  })
  const work = {
    loop,
    async stop() {
      running.delete(work)
      await loop.stop()
      await database.close()
    },
  }
  running.add(work)
  return work
}
