import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { BundledPostgresError } from './failure.ts'
import { superuser } from './files/cluster.ts'
import type { Home } from './files/home.ts'
import type { Postmaster } from './processes/postmaster.ts'
import { isAlive } from './processes/process.ts'

/**
 * A session-level advisory lock in the `postgres` database says which server a cluster belongs to. It
 * ends with its server, however that dies, needs no clean-up, and only one server can have it. A lock
 * file with a process id guarantees none of this.
 */
const lockKey = [0x68656467, 1] as const

/**
 * How long PostgreSQL may take to notice that the session of a killed server has ended. If the process
 * of that server seems to be alive, the time is shorter, but not zero: a zombie seems to be alive.
 */
const noticeMs = { dead: 5000, alive: 500 }

const nameOf = (pid: number): string => `hedge-payments ${pid}`

/**
 * Connects as the cluster's owner and takes the lock.
 *
 * @throws {BundledPostgresError} when another running server has the lock; the errors of `pg` when there
 *   is no connection.
 */
export async function takeLock(home: Home, postmaster: Postmaster): Promise<pg.Client> {
  const client = await connect(home, postmaster)
  const startedMs = Date.now()
  try {
    for (;;) {
      const { rows } = await client.query<{ taken: boolean }>(
        'SELECT pg_try_advisory_lock($1, $2) AS taken',
        [...lockKey],
      )
      if (rows[0]?.taken) return client
      const holder = await findHolder(client)
      const patienceMs = holder !== undefined && isAlive(holder) ? noticeMs.alive : noticeMs.dead
      if (holder !== undefined && Date.now() - startedMs > patienceMs) {
        throw new BundledPostgresError(
          `The database in ${home.folder} is already in use by process ${holder}. Stop that server, ` +
            'or set DATABASE_URL or HEDGE_DATA_DIR to a database or folder of its own for this one.',
        )
      }
      await sleep(20)
    }
  } catch (cause) {
    await client.end().catch(() => undefined)
    throw cause
  }
}

/** Creates the role and the database of the server, unless an earlier start has done so. */
export async function ensureDatabase(client: pg.Client, home: Home): Promise<void> {
  const { rows } = await client.query<{ role: boolean; database: boolean }>(
    `SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = 'hedge') AS role,
            EXISTS (SELECT FROM pg_database WHERE datname = 'hedge') AS database`,
  )
  if (!rows[0]?.role) {
    const password = client.escapeLiteral(home.password)
    await client.query(`CREATE ROLE hedge LOGIN CREATEDB PASSWORD ${password}`)
  }
  if (!rows[0]?.database) await client.query('CREATE DATABASE hedge OWNER hedge')
}

/** The address of the database for the role `hedge`, as `pg` and libpq understand it. */
export function addressOf(home: Home, postmaster: Postmaster): string {
  const { socketFolder, port } = postmaster
  const origin = `postgresql://hedge:${home.password}@`
  if (!socketFolder) return `${origin}127.0.0.1:${port}/hedge`
  // The host in the query replaces the host that every URL must have.
  return `${origin}localhost/hedge?host=${encodeURIComponent(socketFolder)}&port=${port}`
}

async function connect(home: Home, postmaster: Postmaster): Promise<pg.Client> {
  const client = new pg.Client({
    host: postmaster.socketFolder ?? '127.0.0.1',
    port: postmaster.port,
    user: superuser,
    password: home.password,
    database: 'postgres',
    application_name: nameOf(process.pid),
    connectionTimeoutMillis: 5000,
    ssl: false,
  })
  // `end` reports a lost connection as well. Without a listener, the error would end the process.
  client.on('error', () => undefined)
  await client.connect()
  return client
}

async function findHolder(client: pg.Client): Promise<number | undefined> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT a.application_name AS name FROM pg_locks l JOIN pg_stat_activity a USING (pid)
     WHERE l.locktype = 'advisory' AND l.classid = $1 AND l.objid = $2 AND l.granted`,
    [...lockKey],
  )
  const pid = Number(rows[0]?.name.split(' ')[1])
  return Number.isInteger(pid) ? pid : undefined
}
