import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { startBundledPostgres } from '../../packages/bundled-postgres/src/start.ts'
import { connect } from '../../packages/server/src/database/connect.ts'
import { migrate } from '../../packages/server/src/database/migrate/migrate.ts'
import { firstIdAt } from '../../packages/server/src/domain/ids.ts'
import { bootstrap } from '../../packages/server/src/merchants/bootstrap.ts'
import { idOf, type NumberRange } from '../load/job.ts'
import {
  insertCaptures,
  insertDueCaptures,
  insertPending,
  seedHistory,
  skipSeededEvents,
  waitForBackground,
} from './seed.ts'

/** The secret key of the run's merchant. */
export const secretKey = 'sk_test_OnlyForTheBenchmarksOfHedge'
const publishableKey = 'pk_test_for_the_benchmark_only'

/** The bundled PostgreSQL with the payments of a run. */
export class Store {
  readonly url: string
  readonly dataDir: string
  /** The ids of seeded payments are this prefix and a number. */
  readonly idPrefix = firstIdAt('payment', Date.now())
  readonly pool: pg.Pool
  readonly #isQuick: boolean
  readonly #seeder: pg.Pool
  readonly #stop: () => Promise<void>
  /** The seeded payments that can be refunded. */
  succeeded: NumberRange = { from: 0, count: 0 }
  #merchantId = ''
  #next = 0

  private constructor(
    started: { url: string; stop: () => Promise<void> },
    { dataDir, isQuick }: { dataDir: string; isQuick: boolean },
  ) {
    this.url = started.url
    this.dataDir = dataDir
    this.#isQuick = isQuick
    this.#stop = started.stop
    this.pool = new pg.Pool({ connectionString: started.url, max: 4, application_name: 'bench' })
    this.#seeder = createSeeder(started.url)
    // The end of the run closes idle connections: not a failure. Statements report their own errors.
    for (const pool of [this.pool, this.#seeder]) pool.on('error', () => undefined)
  }

  /** Starts a new cluster on the disk of this repository: fsync on, migrated, one merchant. */
  static async start({ isQuick = false } = {}): Promise<Store> {
    const parent = join(import.meta.dirname, '../.hedge')
    await mkdir(parent, { recursive: true })
    const dataDir = await mkdtemp(join(parent, 'run-'))
    // For 256 clients of pgbench, and the servers.
    const settings = { max_connections: '300' }
    const started = await startBundledPostgres({ dataDir, log: () => undefined, settings })
    await allowCheckpoints(started.url)
    const store = new Store(started, { dataDir, isQuick })
    const database = connect({ url: store.url, onError: () => undefined })
    await migrate(database)
    await bootstrap(database.db, { publishableKey, secretKey })
    await database.close()
    const { rows } = await store.pool.query<{ id: string }>('select id from merchants')
    store.#merchantId = rows[0]?.id ?? ''
    return store
  }

  get merchantId(): string {
    return this.#merchantId
  }

  /** The process id of PostgreSQL's postmaster. */
  async postmasterPid(): Promise<number> {
    const elsewhere = await readFile(join(this.dataDir, 'postgres.location'), 'utf8').catch(
      () => '',
    )
    const home = elsewhere.trim() || join(this.dataDir, 'postgres')
    const text = await readFile(join(home, 'data', 'postmaster.pid'), 'utf8')
    return Number(text.split('\n', 1)[0])
  }

  /** Number of payments so far. */
  get size(): number {
    return this.#next
  }

  /** Adds payments in a final status, each with its two events. */
  async addHistory(count: number): Promise<void> {
    const [from, succeeded, canceled] = [this.#next, Math.floor(count * 0.7), count * 0.2]
    this.succeeded = { from, count: succeeded }
    this.#next += count
    await seedHistory(this.#seeder, {
      ...{ merchantId: this.#merchantId, idPrefix: this.idPrefix, from, count },
      canceledFrom: from + succeeded,
      failedFrom: from + succeeded + Math.floor(canceled),
    })
    await skipSeededEvents(this.#seeder)
    await this.vacuum()
  }

  /**
   * Adds pending payments as the API creates them, each with an event and a task. Waits for the
   * background work of earlier rounds, then marks the new events as relayed.
   */
  async addPending(count: number, { email = null as string | null } = {}): Promise<NumberRange> {
    const from = this.#next
    this.#next += count
    await this.catchUp()
    await this.#seeder.query(insertPending, [
      ...[this.#merchantId, this.idPrefix, from, from + count - 1, email],
    ])
    await skipSeededEvents(this.#seeder)
    return { from, count }
  }

  /** Adds captures to the books of the sandbox, so that it can refund these payments. */
  async addCaptures({ from, count }: NumberRange): Promise<void> {
    const last = from + count - 1
    await this.#seeder.query(insertCaptures, [
      ...[this.#merchantId, this.#idOf(from), this.#idOf(last)],
    ])
  }

  /** Adds payments in test mode whose capture at Stripe is due. */
  async addDueCaptures(count: number): Promise<void> {
    const from = this.#next
    this.#next += count
    await this.#seeder.query(insertDueCaptures, [
      ...[this.#merchantId, this.idPrefix, from, from + count - 1],
    ])
    await skipSeededEvents(this.#seeder)
  }

  /** The payments that were captured at Stripe. */
  async countCaptured(): Promise<number> {
    const { rows } = await this.pool.query<{ count: number }>(
      `select count(*)::integer as count from payments
       where merchant_id = $1 and not livemode and processor = 'stripe' and status = 'succeeded'`,
      [this.#merchantId],
    )
    return rows[0]?.count ?? 0
  }

  /** Drops the captures that are still due, so that the next server does not make them. */
  async dropCaptures(): Promise<void> {
    await this.pool.query("delete from payment_tasks where kind in ('capture', 'settle')")
  }

  /** Waits until the running servers have finished their background work. */
  async catchUp(): Promise<void> {
    await waitForBackground(this.pool, { counted: !this.#isQuick })
  }

  /**
   * Runs a checkpoint, so that none starts within a round. Payments are added afterwards: in
   * production, too, most canceled payments were created since the last checkpoint.
   */
  async checkpoint(): Promise<void> {
    await this.pool.query('checkpoint')
  }

  /** Vacuums now, so that autovacuum does not start within a round. */
  async vacuum(): Promise<void> {
    for (const table of ['payments', 'events', 'idempotency_records', 'payment_tasks']) {
      await this.pool.query(`vacuum (analyze) ${table}`)
    }
  }

  /** Counts the canceled payments of a range, and their `payment.canceled` events. */
  async countCanceled(range: NumberRange): Promise<{ payments: number; events: number }> {
    const { rows } = await this.pool.query<{ payments: number; events: number }>(
      `select
        (select count(*)::integer from payments where merchant_id = $1 and not livemode
          and id between $2 and $3 and status = 'canceled') as payments,
        (select count(*)::integer from events where merchant_id = $1 and not livemode
          and subject_id between $2 and $3 and type = 'payment.canceled') as events`,
      [this.#merchantId, this.#idOf(range.from), this.#idOf(range.from + range.count - 1)],
    )
    return rows[0] ?? { payments: 0, events: 0 }
  }

  /** Stops PostgreSQL and removes its data. */
  async stop(): Promise<void> {
    await this.pool.end()
    await this.#seeder.end()
    await this.#stop()
    const elsewhere = await readFile(join(this.dataDir, 'postgres.location'), 'utf8').catch(
      () => '',
    )
    if (elsewhere) await rm(elsewhere.trim(), { recursive: true, force: true })
    await rm(this.dataDir, { recursive: true, force: true })
  }

  #idOf(n: number): string {
    return idOf(this.idPrefix, n)
  }
}

/**
 * Connections that add rows by the million, without checks of foreign keys and without waiting for the
 * disk. New rows refer only to rows that are added with them.
 */
function createSeeder(url: string): pg.Pool {
  const asSuperuser = new URL(url)
  asSuperuser.username = 'postgres'
  const options =
    '-c session_replication_role=replica -c synchronous_commit=off -c maintenance_work_mem=512MB'
  return new pg.Pool({ connectionString: asSuperuser.href, max: 2, options })
}

/** Allows the server's role to run checkpoints. */
async function allowCheckpoints(url: string): Promise<void> {
  const asSuperuser = new URL(url)
  asSuperuser.username = 'postgres'
  const admin = new pg.Client({ connectionString: asSuperuser.href })
  await admin.connect()
  await admin.query('grant pg_checkpoint to hedge')
  await admin.end()
}
