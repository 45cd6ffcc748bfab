import { canMove, firstStatus, type PaymentStatus, paymentStatuses } from '@hedgepayments/contract'
import pg from 'pg'
import { firstIdAt } from '../../../packages/server/src/domain/ids.ts'
import { until } from '../until.ts'
import { allowTriggers, onAllNodes } from './nodes.ts'

/** A direct connection to the database, to check the server's work or to compete with it. */
export interface Sql {
  /** Runs one statement; returns its rows. */
  // biome-ignore lint/suspicious/noExplicitAny: tests read rows freely
  readonly query: <Row = any>(text: string, values?: unknown[]) => Promise<Row[]>
  /** A separate connection, for transactions that stay open. Release it after use. */
  readonly connect: () => Promise<pg.PoolClient>
  readonly close: () => Promise<void>
}

/** Opens a pool of up to ten connections. `close` ends those too that a failed test has not released. */
export function openSql(url: string): Sql {
  const pool = new pg.Pool({ connectionString: url, max: 10, application_name: 'tests' })
  const inUse = new Set<pg.PoolClient>()
  pool.on('error', () => undefined)
  pool.on('release', (_error, client) => inUse.delete(client))
  return {
    query: async (text, values) => (await pool.query(text, values)).rows,
    connect: async () => {
      const client = await pool.connect()
      inUse.add(client)
      return client
    },
    close: async () => {
      for (const client of inUse) client.release(true)
      await pool.end()
    },
  }
}

/** The merchant and mode of payments, named as in the API's answers. */
export interface Owner {
  readonly merchant_id: string
  readonly livemode: boolean
}

/** Tables with triggers that refuse forbidden changes. */
const guarded = [
  'payments',
  'events',
  'payment_attempts',
  'refunds',
  'disputes',
  'ledger_transfers',
  'seals',
]

/**
 * Disables the triggers, so that a test can insert forbidden rows. Use it in a transaction that is
 * rolled back or that runs `enableGuards`.
 */
export const disableGuards: readonly string[] = [
  allowTriggers,
  ...guarded.map((table) => `alter table ${table} disable trigger user`),
]
export const enableGuards = disableGuards.map((text) => text.replace(' disable ', ' enable '))

/** Runs statements with disabled triggers. Only the owner of the tables can disable them. */
export async function withoutGuards(sql: Sql, ...statements: readonly string[]): Promise<void> {
  const client = await sql.connect()
  try {
    // One by one: a cluster sends each query with a change of a table to its nodes as a whole.
    for (const text of ['begin', ...disableGuards, ...statements, ...enableGuards, 'commit']) {
      await client.query(text)
    }
  } catch (error) {
    await client.query('rollback')
    throw error
  } finally {
    client.release()
  }
}

/** The task that an open payment has. */
const openTasks: Partial<Record<PaymentStatus, string>> = {
  pending: 'expire',
  initiated: 'process',
  processing: 'capture',
}

/**
 * Inserts payments, each with its first event and, while it is open, its task in an hour, and returns their
 * ids, oldest first. Their creation time is `ageMs` ago.
 */
export async function insertPayments(
  sql: Sql,
  options: {
    owner: Owner
    count: number
    status?: PaymentStatus
    ageMs?: number
    email?: string
    customerId?: string
    metadata?: Record<string, string>
  },
): Promise<string[]> {
  const { owner, count, status = 'pending', ageMs = 60_000 } = options
  const createdMs = Date.now() - ageMs
  const rows = await sql.query<{ id: string }>(
    `with inserted as (
      insert into payments (merchant_id, livemode, id, sequence, status, amount, currency,
        payment_method, customer_email, customer_id, metadata, url, cancel_window, expires_at,
        created_at, updated_at)
      select $1::text, $2::boolean, $3::text || lpad(n::text, 16, '0'), 1, 'pending', 9999, 'USD',
        'card', $5::text, $6::text, $7::jsonb, 'http://127.0.0.1/pay', 0, now() + interval '1 hour', $4::timestamptz,
        $4::timestamptz
      from generate_series(1, $8::integer) n
      returning merchant_id, livemode, id, created_at
    ), recorded as (
      insert into events (merchant_id, livemode, subject_id, sequence, type, created_at,
        actor_type, to_status)
      select merchant_id, livemode, id, 1, 'payment.created', created_at, 'system', 'pending'
      from inserted
    ), planned as (
      insert into payment_tasks (merchant_id, livemode, payment_id, kind, due_at)
      select merchant_id, livemode, id, $9::text, now() + interval '1 hour' from inserted
      where $9::text is not null
    )
    select id from inserted order by id`,
    [
      owner.merchant_id,
      owner.livemode,
      firstIdAt('payment', createdMs),
      new Date(createdMs),
      options.email ?? 'customer@example.com',
      options.customerId ?? null,
      JSON.stringify(options.metadata ?? {}),
      count,
      openTasks[status] ?? null,
    ],
  )
  const ids = rows.map((row) => row.id)
  // The triggers let a payment begin only as pending, and take only one step at a time. Citus sends a wrong
  // text to its nodes for `case $2 when`.
  for (const step of pathTo(status)) {
    await sql.query(
      `update payments set status = $2::text,
         captured_amount = case when $2::text = 'succeeded' then amount else captured_amount end,
         canceled_at = case when $2::text = 'canceled' then created_at end
       where merchant_id = $3::text and livemode = $4::boolean and id = any($1)`,
      [ids, step, owner.merchant_id, owner.livemode],
    )
  }
  return ids
}

/** The statuses on the shortest way from the first one. */
function pathTo(status: PaymentStatus): PaymentStatus[] {
  const paths: PaymentStatus[][] = [[firstStatus]]
  for (const path of paths) {
    const from = path.at(-1) ?? firstStatus
    if (from === status) return path.slice(1)
    const next = paymentStatuses.filter((to) => canMove({ from, to }))
    paths.push(...next.map((to) => [...path, to]))
  }
  throw new Error(`no path of the lifecycle leads to ${status}`)
}

/** Moves a payment to another status, and inserts the event and the task, in the caller's transaction. */
export async function movePayment(
  client: Pick<pg.PoolClient, 'query'>,
  { id, to }: { id: string; to: PaymentStatus },
): Promise<void> {
  await client.query(
    `with moved as (
      update payments set status = $2::text, sequence = sequence + 1
      where id = $1 returning *
    ), planned as (
      insert into payment_tasks (merchant_id, livemode, payment_id, kind, due_at)
      select merchant_id, livemode, id, $3, now() + interval '1 hour' from moved
      where $3::text is not null
      on conflict do nothing
    )
    insert into events (merchant_id, livemode, subject_id, sequence, type, created_at, actor_type,
      to_status, state)
    select merchant_id, livemode, id, sequence, 'payment.' || $2, updated_at, 'system', $2,
      jsonb_build_object('status', $2::text)
    from moved`,
    [id, to, openTasks[to] ?? null],
  )
}

/**
 * Locks the table `payments` against changes until the returned function is called. Payments can still
 * be read. A lock of the table, because batches of cancels skip locked rows.
 */
export async function lockPayments(sql: Sql): Promise<() => Promise<void>> {
  const client = await sql.connect()
  await client.query('begin')
  await client.query('lock table payments in share row exclusive mode')
  return async () => {
    await client.query('rollback')
    client.release()
  }
}

/**
 * Locks payments until the transaction of the client ends, as a process that stalls within a transaction does.
 * By their merchants, because a cluster locks rows of one merchant at a time.
 */
export async function lockRows(
  client: Pick<pg.PoolClient, 'query'>,
  ids: readonly (string | undefined)[],
): Promise<void> {
  const { rows } = await client.query(
    'select distinct merchant_id from payments where id = any($1) order by 1',
    [ids],
  )
  for (const { merchant_id } of rows) {
    await client.query(
      'select from payments where merchant_id = $1 and id = any($2) for no key update',
      [merchant_id, ids],
    )
  }
}

/** Number of statements of servers that wait for a lock, on all nodes of a cluster. */
export async function countWaiting(sql: Sql): Promise<number> {
  const counts = await onAllNodes(
    sql,
    `select count(*)::integer as value from pg_stat_activity
     where datname = current_database() and wait_event_type = 'Lock'
       and (application_name = 'hedge' or application_name like 'citus_internal%')`,
  )
  return counts.reduce((sum, count) => sum + Number(count), 0)
}

/**
 * Sends cancels one by one, each after the one before it waits for a lock. Cancels that are sent
 * together may share a batch, and a batch waits once.
 */
export async function sendToWait<T>(
  sql: Sql,
  sends: readonly (() => Promise<T>)[],
): Promise<Promise<T>[]> {
  const sent: Promise<T>[] = []
  const before = await countWaiting(sql)
  for (const send of sends) {
    sent.push(send())
    const waiting = before + sent.length
    await until(`${waiting} statements wait`, async () => (await countWaiting(sql)) >= waiting)
  }
  return sent
}

/**
 * A text that describes everything that a refused request must not change. Compare it before and after
 * the request. Covers one merchant, or all by default.
 */
export async function fingerprint(sql: Sql, owner?: Owner): Promise<string> {
  const rowsOf = (table: string) =>
    `(select * from ${table} where merchant_id = $1 or $1 is null) r`
  const [row] = await sql.query(
    `select (select count(*) || ' ' || coalesce(sum(sequence), 0) || ' '
          || coalesce(md5(string_agg(r::text, ',' order by id)), '')
        from ${rowsOf('payments')}) as payments,
      (select count(*) from ${rowsOf('events')}) as events,
      (select count(*) from ${rowsOf('idempotency_records')}) as records,
      (select count(*) from ${rowsOf('payment_tasks')}) as tasks,
      (select count(*) from ${rowsOf('cancellations')}) as cancellations`,
    [owner?.merchant_id ?? null],
  )
  return JSON.stringify(row)
}
