import pg from 'pg'
import type { Database } from '../../database/connect.ts'
import { type Check, countOf, fail, ok, warn } from './check.ts'
import { type ConnectionState, readConnections } from './connections.sql.ts'
import type { Examined } from './examined.ts'
import type { Settings } from './settings.sql.ts'

/** The connection that migrates. */
const longConnections = 1

/** A limit of connections, and how many of them the servers may use. */
interface Limit {
  readonly name: string
  readonly available: number
  readonly raise: string
}

/** Checks that each process can open all its connections, and one more process too, for upgrades. */
export async function checkConnections({ database, settings }: Examined): Promise<Check> {
  const name = 'connections'
  const state = await readConnections(database.pool)
  const perProcess = connectionsOf(database)
  const processes = Math.max(1, state.addresses, Math.ceil(state.servers / perProcess))
  const needed = processes * perProcess
  const limit = limitsOf(state, settings).reduce((least, next) =>
    next.available < least.available ? next : least,
  )
  const each = `${countOf(processes, 'process', 'processes')} with up to ${perProcess} each`
  const found = `${limit.available} of ${limit.name} for ${each}`
  const action = `${limit.raise}, or run fewer processes`
  if (limit.available < needed) {
    return fail(name, { found, expected: `at least ${needed}`, action })
  }
  if (limit.available < needed + perProcess) {
    const expected = `at least ${needed + perProcess}, so that one more process can start in an upgrade`
    return warn(name, { found, expected, action })
  }
  return ok(name, found)
}

/** The connections that one process opens at most: all its pools, and the one that migrates. */
export function connectionsOf(database: Database): number {
  const pools = new Set(Object.values(database).filter((part) => part instanceof pg.Pool))
  return [...pools].reduce((sum, { options }) => sum + options.max, longConnections)
}

function limitsOf(state: ConnectionState, settings: Settings): Limit[] {
  const read = (name: string) => Number(settings.get(name) ?? 0)
  // A superuser has no limits but that of the whole PostgreSQL.
  const reserved = state.isSuperuser
    ? 0
    : read('superuser_reserved_connections') + read('reserved_connections')
  const limits: Limit[] = [
    {
      name: 'max_connections',
      available: read('max_connections') - reserved - state.others,
      raise: 'raise max_connections',
    },
  ]
  if (state.isSuperuser) return limits
  if (state.roleLimit !== null) {
    limits.push({
      name: `the limit of the role ${state.role}`,
      available: state.roleLimit - state.othersOfRole,
      raise: `run: alter role ${state.role} connection limit -1`,
    })
  }
  if (state.databaseLimit !== null) {
    limits.push({
      name: 'the limit of the database',
      available: state.databaseLimit - state.othersOfDatabase,
      raise: 'run: alter database … connection limit -1',
    })
  }
  return limits
}
