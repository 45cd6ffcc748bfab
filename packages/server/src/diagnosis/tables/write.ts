import { randomBytes } from 'node:crypto'
import type { PoolClient } from 'pg'
import { type Check, fail, ok, type Problem } from '../engine/check.ts'
import type { Examined } from '../engine/examined.ts'
import { countStandbys, type Settings } from '../engine/settings.sql.ts'
import { neededStandbys } from '../engine/settings.ts'
import {
  deleteTrials,
  findMissingPrivileges,
  insertTrial,
  readTrial,
  useSpace,
} from './write.sql.ts'

const name = 'write'

/**
 * Inserts a row, commits, reads it, and deletes it. Then uses a MiB of the disk. If the standbys that
 * commits wait for are gone, commits do not wait: another check reports that.
 */
export async function checkWrite(examined: Examined): Promise<Check> {
  const { database, settings } = examined
  const standbys = await countStandbys(database.pool)
  const isLocal = (standbys.synchronous ?? standbys.connected) < neededStandbys(settings)
  const client = await database.pool.connect()
  try {
    const check = await writeAndRead(client, isLocal)
    client.release()
    return check
  } catch (error) {
    // A commit may still be waiting on the connection.
    client.release(true)
    return fail(name, explain(error as Failure, settings))
  }
}

async function writeAndRead(client: PoolClient, isLocal: boolean): Promise<Check> {
  const row = { id: `doctor_${randomBytes(8).toString('hex')}`, secret: randomBytes(32) }
  const startedMs = performance.now()
  await insertTrial(client, { row, isLocal })
  const found = await readTrial(client, row.id)
  await deleteTrials(client, { id: row.id, isLocal })
  const tookMs = Math.round(performance.now() - startedMs)
  if (!found?.equals(row.secret)) {
    return fail(name, {
      found: found ? 'a row that differs from the written one' : 'no row after its commit',
      expected: 'the row that was written',
      action: 'stop all servers, and check the disk and the memory of the machine of PostgreSQL',
    })
  }
  await useSpace(client)
  return ok(name, `a row was written, read and deleted in ${tookMs} ms`)
}

type Failure = Error & { code?: string }

const privilegeMissing = '42501'
const readOnly = '25006'
const diskFull = '53100'

/** Says what keeps PostgreSQL from writing. */
function explain({ code, message }: Failure, settings: Settings): Problem {
  const expected = 'a row that can be written, read and deleted'
  if (code === readOnly) return { ...explainReadOnly(settings), expected }
  if (code === diskFull) {
    const action = 'free some space on the disk of PostgreSQL, or make it larger'
    return { found: `the disk is full: ${message}`, expected, action }
  }
  if (code === privilegeMissing) {
    const action = 'make the role of the server the owner of the tables, or grant it the privilege'
    return { found: `the role lacks a privilege: ${message}`, expected, action }
  }
  if (/Query read timeout/.test(message)) {
    const action =
      'check the standbys that commits wait for, the disk, and locks in pg_stat_activity'
    return { found: 'no answer within 10 s', expected, action }
  }
  const found = `${message}${code ? ` (${code})` : ''}`
  return { found, expected, action: "read PostgreSQL's log" }
}

function explainReadOnly(settings: Settings): Pick<Problem, 'found' | 'action'> {
  if (settings.get('in_hot_standby') === 'on') {
    const action = 'use the address of the primary, or name all hosts in DATABASE_URL'
    return { found: 'the server is a standby, which takes no writes', action }
  }
  return {
    found: 'the database is read-only (default_transaction_read_only is on)',
    action:
      'run: alter database … reset default_transaction_read_only, the same for the role. Some ' +
      'providers set it when the disk is full: then make the disk larger first',
  }
}

/** Checks that the role may do with each table what the server does. */
export async function checkPrivileges({ database }: Examined): Promise<Check> {
  const missing = await findMissingPrivileges(database.pool)
  if (missing.length === 0) return ok('privileges', 'the role has those that the server needs')
  const shown = missing.slice(0, 5).join(', ')
  const rest = missing.length > 5 ? ` and ${missing.length - 5} more` : ''
  return fail('privileges', {
    found: `the role lacks ${shown}${rest}`,
    expected: 'the privileges of the owner of the tables',
    action: 'make the role of the server the owner of the tables, or grant it the privileges',
  })
}
