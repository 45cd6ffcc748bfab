import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { startBundledPostgres } from '../../packages/server/src/database/bundled/start.ts'
import { connect } from '../../packages/server/src/database/connect.ts'
import { migrate } from '../../packages/server/src/database/migrate.ts'
import { firstIdAt } from '../../packages/server/src/ids.ts'
import { bootstrap } from '../../packages/server/src/merchants/bootstrap.ts'
import { idOf, type NumberRange } from './job.ts'

/** The key that every server of a run takes. */
export const secretKey = 'sk_test_for_the_benchmark_only'
const publishableKey = 'pk_test_for_the_benchmark_only'

/** Payments of one insert: a transaction of some seconds. */
const seedChunk = 500_000

/** The bundled PostgreSQL with the payments of a run. */
export class Store {
  readonly url: string
  readonly dataDir: string
  /** What stands before the number in the ids of seeded payments. */
  readonly idPrefix = firstIdAt('payment', Date.now())
  readonly pool: pg.Pool
  readonly #stop: () => Promise<void>
  /** The seeded payments that can be refunded. */
  succeeded: NumberRange = { from: 0, count: 0 }
  #merchantId = ''
  #next = 0

  private constructor(started: { url: string; stop: () => Promise<void> }, dataDir: string) {
    this.url = started.url
    this.dataDir = dataDir
    this.#stop = started.stop
    this.pool = new pg.Pool({ connectionString: started.url, max: 4, application_name: 'bench' })
  }

  /** A new cluster on the disk of this repository, with fsync on, migrated, with one merchant. */
  static async start(): Promise<Store> {
    const parent = join(import.meta.dirname, '../.hedge')
    await mkdir(parent, { recursive: true })
    const dataDir = await mkdtemp(join(parent, 'run-'))
    // 256 clients of pgbench need as many connections; the server needs 22.
    const settings = { max_connections: '300' }
    const started = await startBundledPostgres({ dataDir, log: () => undefined, settings })
    await allowCheckpoints(started.url)
    const store = new Store(started, dataDir)
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
    const [succeeded, canceled] = [Math.floor(count * 0.7), Math.floor(count * 0.2)]
    this.succeeded = { from: await this.#insertHistory('succeeded', succeeded), count: succeeded }
    await this.#insertHistory('canceled', canceled)
    await this.#insertHistory('failed', count - succeeded - canceled)
    await this.settle()
  }

  async #insertHistory(status: string, count: number): Promise<number> {
    const from = this.#next
    for (let left = count; left > 0; left -= seedChunk) {
      await this.#insert(insertHistory, Math.min(seedChunk, left), status)
    }
    return from
  }

  /** Adds pending payments, as the API creates them: an event and a task each. */
  async addPending(count: number, { email = null as string | null } = {}): Promise<NumberRange> {
    return { from: await this.#insert(insertPending, count, email), count }
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

  async #insert(text: string, count: number, what: string | null): Promise<number> {
    const from = this.#next
    this.#next += count
    const last = from + count - 1
    await this.pool.query(text, [this.#merchantId, this.idPrefix, from, last, what])
    return from
  }
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

const columns = `merchant_id, livemode, id, sequence, status, amount, currency, payment_method,
  customer_email, customer_id, description, metadata, url, cancel_window, cancellation_reason,
  canceled_at, expires_at, created_at, updated_at`

const insertPayments = ({ status, sequence, email }: Record<string, string>) => `
  insert into payments (${columns})
  select $1, false, $2 || lpad(n::text, 16, '0'), ${sequence}, ${status}, 9999, 'USD', 'card',
    coalesce(${email}, 'customer' || n % 100000 || '@example.com'),
    case when n % 2 = 0 then 'cust_' || n % 50000 end, 'Order ' || n,
    case when n % 10 = 0 then jsonb_build_object('order_id', n::text) else '{}' end,
    'http://127.0.0.1:4000/pay/' || $2 || lpad(n::text, 16, '0'), 0, null,
    case when ${status} = 'canceled' then now() end, now() + interval '1 day', now(), now()
  from generate_series($3::bigint, $4::bigint) n
  returning merchant_id, livemode, id, created_at, expires_at, status`

const eventColumns = `merchant_id, livemode, subject_id, sequence, type, created_at, actor_type,
  actor_id, from_status, to_status`

const created = `
  select merchant_id, livemode, id, 1, 'payment.created', created_at, 'api_key', 'key_bench', null,
    'pending' from inserted`

const insertPending = `
  with inserted as (
    ${insertPayments({ status: "'pending'::text", sequence: '1', email: '$5::text' })}
  ), planned as (
    insert into payment_tasks (merchant_id, livemode, payment_id, kind, due_at)
    select merchant_id, livemode, id, 'expire', expires_at from inserted
  )
  insert into events (${eventColumns}) ${created}`

const insertHistory = `
  with inserted as (
    ${insertPayments({ status: '$5::text', sequence: '2', email: 'null::text' })}
  )
  insert into events (${eventColumns}) ${created}
  union all
  select merchant_id, livemode, id, 2, 'payment.' || status, created_at, 'api_key', 'key_bench',
    'pending', status from inserted`
