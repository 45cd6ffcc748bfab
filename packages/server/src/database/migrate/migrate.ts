import { setTimeout as sleep } from 'node:timers/promises'
import { type Kysely, sql } from 'kysely'
import type { Database } from '../connect.ts'
import type { Migration } from '../migrations/migration.ts'
import { migrations } from './migrations.ts'

/** Any number: names the lock that lets one process at a time migrate a database. */
const migrationLock = 3_853_314_791_062_309_107n
/** How often a process looks whether the one that migrates is done. */
const lookMs = 200
/** An index over a hundred million rows takes a good part of an hour, and others wait for it. */
const waitMsMax = 3_600_000
/**
 * A migration that waits for a lock makes everybody wait who comes after it. So it gives up after
 * the second that `withLongStatements` allows, lets them pass for as long, and tries again.
 */
const pauseMs = 1_000
/** Ten minutes of tries: whoever holds a lock for longer is looked for by a person. */
const attemptsMax = 300

const lockNotAvailable = '55P03'
const deadlock = '40P01'

/** What makes up a version of the tables. */
export type Migrations = Readonly<Record<string, Migration>>

/**
 * Brings the database up to date while others work with it. Of several processes that start at once
 * one migrates, and the others wait for it. Each migration is a transaction of its own, or can be
 * repeated; so a process that is killed leaves whole ones, and the next goes on from there.
 *
 * A database that is further than this version is left as it is: the version before runs on it.
 *
 * @returns names of the migrations that were applied now.
 * @throws when one fails; those before it are applied.
 */
export async function migrate(
  { withLongStatements }: Pick<Database, 'withLongStatements'>,
  list: Migrations = migrations,
): Promise<string[]> {
  return await withLongStatements(async (db) => {
    // Tried again and again instead of waited for: a statement that waits is a transaction that
    // `create index concurrently` of the other would wait for in turn.
    for (const deadline = Date.now() + waitMsMax; ; await sleep(lookMs)) {
      if ((await findPending(db, list)).length === 0) return []
      if (await tryLock(db)) break
      if (Date.now() > deadline) throw new Error('another process has been migrating for an hour')
    }
    try {
      return await applyPending(db, list)
    } finally {
      // Where the connection is gone, so is the lock.
      await sql`select pg_advisory_unlock(${sql.lit(migrationLock)})`
        .execute(db)
        .catch(() => undefined)
    }
  })
}

/** Whether every migration of this version is applied; there may be more. */
export async function isMigrated<DB>(db: Kysely<DB>): Promise<boolean> {
  return (await findPending(db, migrations)).length === 0
}

async function findPending<DB>(db: Kysely<DB>, list: Migrations): Promise<string[]> {
  const applied = await sql<{ name: string }>`select name from hedge_migrations`.execute(db).then(
    ({ rows }) => new Set(rows.map(({ name }) => name)),
    (error: { code?: string }) => {
      if (error.code === '42P01') return new Set<string>()
      throw error
    },
  )
  return Object.keys(list)
    .filter((name) => !applied.has(name))
    .sort()
}

async function tryLock<DB>(db: Kysely<DB>): Promise<boolean> {
  const { rows } = await sql<{ taken: boolean }>`
    select pg_try_advisory_lock(${sql.lit(migrationLock)}) as taken`.execute(db)
  return rows[0]?.taken === true
}

async function applyPending<DB>(db: Kysely<DB>, list: Migrations): Promise<string[]> {
  await sql`
    create table if not exists hedge_migrations (
      name varchar(255) primary key,
      timestamp varchar(255) not null
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
  await sql`
    insert into hedge_migrations (name, timestamp)
    values (${name}, ${new Date().toISOString()})`.execute(db)
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
        const message = `Migration ${name} did not get its lock: a transaction has been open for long.`
        throw new Error(message, { cause: error })
      }
      await sleep(pauseMs * (1 + Math.random()))
    }
  }
}
