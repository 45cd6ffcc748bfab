import { canMove, firstStatus, type PaymentStatus, paymentStatuses } from '@hedgepayments/contract'
import pg from 'pg'
import { firstIdAt } from '../../../packages/server/src/domain/ids.ts'

/** A connection past the server, to check what it does or to compete with it. */
export interface Sql {
  /** Runs one statement; returns its rows. */
  // biome-ignore lint/suspicious/noExplicitAny: tests read rows freely
  readonly query: <Row = any>(text: string, values?: unknown[]) => Promise<Row[]>
  /** A connection of its own, for transactions that are left open. */
  readonly connect: () => Promise<pg.PoolClient>
  readonly close: () => Promise<void>
}

export function openSql(url: string): Sql {
  const pool = new pg.Pool({ connectionString: url, max: 10, application_name: 'tests' })
  pool.on('error', () => undefined)
  return {
    query: async (text, values) => (await pool.query(text, values)).rows,
    connect: () => pool.connect(),
    close: () => pool.end(),
  }
}

/** Whose payments: as the API's answers name them. */
export interface Owner {
  readonly merchant_id: string
  readonly livemode: boolean
}

/** Tables whose triggers refuse what must not happen. */
const guarded = ['payments', 'events', 'payment_attempts', 'refunds', 'ledger_transfers']

/**
 * The owner of the tables can disable their triggers, so that a test can put there what the
 * triggers refuse. In a transaction that is rolled back, or that enables them again.
 */
export const disableGuards = guarded
  .map((table) => `alter table ${table} disable trigger user`)
  .join('; ')
export const enableGuards = disableGuards.replaceAll(' disable ', ' enable ')

/** Runs a statement that the database refuses otherwise: only the owner of the tables can. */
export async function withoutGuards(sql: Sql, statement: string): Promise<void> {
  const client = await sql.connect()
  try {
    await client.query(`begin; ${disableGuards}; ${statement}; ${enableGuards}; commit`)
  } catch (error) {
    await client.query('rollback')
    throw error
  } finally {
    client.release()
  }
}

/**
 * Puts payments into the database, each with its first event, and returns their ids, oldest first.
 * They look as if they had been created `ageMs` ago.
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
      select $1, $2, $3::text || lpad(n::text, 16, '0'), 1, 'pending', 9999, 'USD', 'card', $5, $6,
        $7::jsonb, 'http://127.0.0.1/pay', 0, now() + interval '1 hour', $4::timestamptz,
        $4::timestamptz
      from generate_series(1, $8::integer) n
      returning merchant_id, livemode, id, created_at
    ), recorded as (
      insert into events (merchant_id, livemode, subject_id, sequence, type, created_at,
        actor_type, to_status)
      select merchant_id, livemode, id, 1, 'payment.created', created_at, 'system', 'pending'
      from inserted
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
    ],
  )
  const ids = rows.map((row) => row.id)
  // The database lets a payment begin as pending only, and go on by one step at a time.
  for (const step of pathTo(status)) {
    await sql.query(
      `update payments set status = $2::text,
         canceled_at = case $2::text when 'canceled' then created_at end
       where merchant_id = $3 and livemode = $4 and id = any($1)`,
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
  throw new Error(`no payment is ever ${status}`)
}

/** Moves a payment as another step of its life would: row and event, in the caller's transaction. */
export async function movePayment(
  client: Pick<pg.PoolClient, 'query'>,
  { id, to }: { id: string; to: PaymentStatus },
): Promise<void> {
  await client.query(
    `with moved as (
      update payments set status = $2::text, sequence = sequence + 1
      where id = $1 returning *
    )
    insert into events (merchant_id, livemode, subject_id, sequence, type, created_at, actor_type,
      to_status, state)
    select merchant_id, livemode, id, sequence, 'payment.' || $2, updated_at, 'system', $2,
      jsonb_build_object('status', $2::text)
    from moved`,
    [id, to],
  )
}

/**
 * Makes every statement that may change a payment wait until the caller calls the returned function. Batches of cancels
 * skip a locked row, but not a locked table. Payments can still be read.
 */
export async function holdPayments(sql: Sql): Promise<() => Promise<void>> {
  const client = await sql.connect()
  await client.query('begin')
  await client.query('lock table payments in share row exclusive mode')
  return async () => {
    await client.query('rollback')
    client.release()
  }
}

/** How many sessions of the servers wait for a lock. */
export async function countWaiting(sql: Sql): Promise<number> {
  const [row] = await sql.query<{ count: number }>(
    `select count(*)::integer as count from pg_stat_activity
     where datname = current_database() and application_name = 'hedge'
       and wait_event_type = 'Lock'`,
  )
  return row?.count ?? 0
}

/**
 * Everything that a refused request must leave alone, as one text that can be compared: of one merchant, or by default
 * of all.
 */
export async function fingerprint(sql: Sql, owner?: Owner): Promise<string> {
  const rowsOf = (table: string) => `(select * from ${table} where merchant_id = $1 or $1 is null)`
  const [row] = await sql.query(
    `select (select count(*) || ' ' || coalesce(sum(sequence), 0) || ' '
          || coalesce(md5(string_agg(p::text, ',' order by id)), '')
        from ${rowsOf('payments')} p) as payments,
      (select count(*) from ${rowsOf('events')}) as events,
      (select count(*) from ${rowsOf('idempotency_records')}) as records,
      (select count(*) from ${rowsOf('payment_tasks')}) as tasks,
      (select count(*) from ${rowsOf('cancellations')}) as cancellations`,
    [owner?.merchant_id ?? null],
  )
  return JSON.stringify(row)
}
