import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { startBundledPostgres } from '../../packages/bundled-postgres/src/start.ts'
import { connect } from '../../packages/server/src/database/connect.ts'
import { migrate } from '../../packages/server/src/database/migrate/migrate.ts'
import { firstIdAt } from '../../packages/server/src/domain/ids.ts'
import { bootstrap } from '../../packages/server/src/merchants/bootstrap.ts'
import { idOf, type NumberRange } from './job.ts'
import {
  insertCaptures,
  insertPending,
  passSeeded,
  seedHistory,
  waitForBackground,
} from './seed.ts'

/** The key that every server of a run takes. */
export const secretKey = 'sk_test_OnlyForTheBenchmarksOfHedge'
const publishableKey = 'pk_test_for_the_benchmark_only'

/** The bundled PostgreSQL with the payments of a run. */
export class Store {
  readonly url: string
  readonly dataDir: string
  /** What stands before the number in the ids of seeded payments. */
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
    // A connection that the end of PostgreSQL cuts off is nobody's failure; a statement's would be.
    for (const pool of [this.pool, this.#seeder]) pool.on('error', () => undefined)
  }

  /** A new cluster on the disk of this repository, with fsync on, migrated, with one merchant. */
  static async start({ isQuick = false } = {}): Promise<Store> {
    const parent = join(import.meta.dirname, '../.hedge')
    await mkdir(parent, { recursive: true })
    const dataDir = await mkdtemp(join(parent, 'run-'))
    // 256 clients of pgbench need as many connections; the server needs 22.
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

  /** The process number of PostgreSQL's first process. */
  async postmasterPid(): Promise<number> {
    const elsewhere = await readFile(join(this.dataDir, 'postgres.location'), 'utf8').catch(
      () => '',
    )
    const home = elsewhere.trim() || join(this.dataDir, 'postgres')
    const text = await readFile(join(home, 'data', 'postmaster.pid'), 'utf8')
    return Number(text.split('\n', 1)[0])
  }

  /** Payments so far. */
  get size(): number {
    return this.#next
  }

  /** Adds payments whose life is over, with the two events that each has had. */
  async addHistory(count: number): Promise<void> {
    const [from, succeeded, canceled] = [this.#next, Math.floor(count * 0.7), count * 0.2]
    this.succeeded = { from, count: succeeded }
    this.#next += count
    await seedHistory(this.#seeder, {
      ...{ merchantId: this.#merchantId, idPrefix: this.idPrefix, from, count },
      canceledFrom: from + succeeded,
      failedFrom: from + succeeded + Math.floor(canceled),
    })
    await passSeeded(this.#seeder)
    await this.settle()
  }

  /**
   * Adds pending payments, as the API creates them: an event and a task each. Their events count as
   * passed on long ago; those of the rounds before are waited for.
   */
  async addPending(count: number, { email = null as string | null } = {}): Promise<NumberRange> {
    const from = this.#next
    this.#next += count
    await this.catchUp()
    await this.#seeder.query(insertPending, [
      ...[this.#merchantId, this.idPrefix, from, from + count - 1, email],
    ])
    await passSeeded(this.#seeder)
    return { from, count }
  }

  /** Has the sandbox know that it captured these, so that it can refund them. */
  async addCaptures({ from, count }: NumberRange): Promise<void> {
    const last = from + count - 1
    await this.#seeder.query(insertCaptures, [
      ...[this.#merchantId, this.#idOf(from), this.#idOf(last)],
    ])
  }

  /** Waits until the servers of the run have nothing left to do in the background, if any runs. */
  async catchUp(): Promise<void> {
    await waitForBackground(this.pool, { counted: !this.#isQuick })
  }

  /**
   * Writes out what is dirty, so that no checkpoint falls into a round. What is added afterwards is
   * as in production: most payments that are canceled were created since the last checkpoint.
   */
  async checkpoint(): Promise<void> {
    await this.pool.query('checkpoint')
  }

  /** Does now what autovacuum would do in the middle of a round. */
  async settle(): Promise<void> {
    for (const table of ['payments', 'events', 'idempotency_records', 'payment_tasks']) {
      await this.pool.query(`vacuum (analyze) ${table}`)
    }
  }

  /** How many payments of a range are canceled, and how many events say so. */
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

  /** Ends PostgreSQL and removes its data. */
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
 * What adds rows by the million: foreign keys are not looked up, as what is added refers to what
 * was added with it, and nothing waits for the disk. Both only on these connections.
 */
function createSeeder(url: string): pg.Pool {
  const asSuperuser = new URL(url)
  asSuperuser.username = 'postgres'
  const options =
    '-c session_replication_role=replica -c synchronous_commit=off -c maintenance_work_mem=512MB'
  return new pg.Pool({ connectionString: asSuperuser.href, max: 2, options })
}

/** Rounds begin after a checkpoint, which the server's own role may not ask for. */
async function allowCheckpoints(url: string): Promise<void> {
  const asSuperuser = new URL(url)
  asSuperuser.username = 'postgres'
  const admin = new pg.Client({ connectionString: asSuperuser.href })
  await admin.connect()
  await admin.query('grant pg_checkpoint to hedge')
  await admin.end()
}
