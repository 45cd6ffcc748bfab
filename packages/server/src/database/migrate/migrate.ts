import { setTimeout as sleep } from 'node:timers/promises'
import { type Kysely, sql } from 'kysely'
import type { Database } from '../connect.ts'
import type { Migration } from '../migrations/migration.ts'
import { migrations } from './migrations.ts'

/** Names the lock that lets one process at a time migrate a database. Any number serves. */
const migrationLock = 3_853_314_791_062_309_107n
/** Time between two checks whether another process has finished migrating. */
const pollMs = 200
/** An index over a hundred million rows takes most of an hour. Other processes wait for it. */
const waitMsMax = 3_600_000
/**
 * While a migration waits for a lock, later statements queue behind it. So the migration stops
 * waiting after the second that `withLongStatements` allows, lets the others pass, and tries again.
 */
const pauseMs = 1_000
/** Ten minutes of attempts. A lock that is kept for longer needs an operator. */
const attemptsMax = 300

const lockNotAvailable = '55P03'
const deadlock = '40P01'

/** The migrations of a version, by their names. */
export type Migrations = Readonly<Record<string, Migration>>

/**
 * Applies pending migrations while other processes use the database. When several processes start
 * at the same time, one migrates and the others wait. Each migration is one transaction or is
 * repeatable. So a killed process leaves only whole migrations, and the next process continues.
 *
 * A database that has later migrations than this version stays as it is: an older version runs on
 * the schema of a later one.
 *
 * @returns the names of the migrations that this call applied.
 * @throws when a migration fails. The migrations before it stay applied.
 */
export async function migrate(
  { withLongStatements }: Pick<Database, 'withLongStatements'>,
  list: Migrations = migrations,
): Promise<string[]> {
  return await withLongStatements(async (db) => {
    // Polls for the lock. A statement that waits for it would be an open transaction, and `create
    // index concurrently` of the other process would wait for that transaction.
    for (const deadline = Date.now() + waitMsMax; ; await sleep(pollMs)) {
      if ((await findPending(db, list)).length === 0) return []
      if (await tryLock(db)) break
      if (Date.now() > deadline) throw new Error('another process has been migrating for an hour')
    }
    try {
      return await applyPending(db, list)
    } finally {
      // A lost connection has released the lock already.
      await sql`select pg_advisory_unlock(${sql.lit(migrationLock)})`
        .execute(db)
        .catch(() => undefined)
    }
  })
}

/** Whether every migration of this version is applied. Later migrations may be applied as well. */
export async function isMigrated<DB>(db: Kysely<DB>): Promise<boolean> {
  return (await findPending(db, migrations)).length === 0
}

/** The migrations of this version that are not applied, and those of later versions that are. */
export async function compareMigrations<DB>(
  db: Kysely<DB>,
  list: Migrations = migrations,
): Promise<{ pending: string[]; later: string[] }> {
  const applied = await sql<{ name: string }>`select name from hedge_migrations`.execute(db).then(
    ({ rows }) => new Set(rows.map(({ name }) => name)),
    (error: { code?: string }) => {
      if (error.code === '42P01') return new Set<string>()
      throw error
    },
  )
  return {
    pending: Object.keys(list)
      .filter((name) => !applied.has(name))
      .sort(),
    later: [...applied].filter((name) => list[name] === undefined).sort(),
  }
}

async function findPending<DB>(db: Kysely<DB>, list: Migrations): Promise<string[]> {
  return (await compareMigrations(db, list)).pending
}

async function tryLock<DB>(db: Kysely<DB>): Promise<boolean> {
  const { rows } = await sql<{ taken: boolean }>`
    select pg_try_advisory_lock(${sql.lit(migrationLock)}) as taken`.execute(db)
  return rows[0]?.taken === true
}

async function applyPending<DB>(db: Kysely<DB>, list: Migrations): Promise<string[]> {
  await sql`
    create table if not exists hedge_migrations (
      name text collate "C" primary key,
      applied_at timestamptz not null default now()
    )`.execute(db)
  const pending = await findPending(db, list)
  for (const name of pending) {
    const migration = list[name]
    if (migration) await untilUnlocked(name, () => apply(db, name, migration))
  }
  return pending
}

async function apply<DB>(db: Kysely<DB>, name: string, migration: Migration): Promise<void> {
  if (migration.isRepeatable) {
    await migration.up(db as Kysely<unknown>)
    await record(db, name)
    return
  }
  await db.transaction().execute(async (tx) => {
    await migration.up(tx as unknown as Kysely<unknown>)
    await record(tx, name)
  })
}

async function record<DB>(db: Kysely<DB>, name: string): Promise<void> {
  await sql`insert into hedge_migrations (name) values (${name})`.execute(db)
}

async function untilUnlocked(name: string, run: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await run()
      return
    } catch (error) {
      const { code } = error as { code?: string }
      if (code !== lockNotAvailable && code !== deadlock) throw error
      if (attempt === attemptsMax) {
        const message =
          `Migration ${name} did not get its lock in ${attemptsMax} attempts. ` +
          'End the transaction that has it.'
        throw new Error(message, { cause: error })
      }
      await sleep(pauseMs * (1 + Math.random()))
    }
  }
}
