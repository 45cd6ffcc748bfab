import { setTimeout as sleep } from 'node:timers/promises'
import type { PoolClient } from 'pg'
import { readCell } from '../cells/cell.sql.ts'
import { MoveError } from '../cells/move-error.ts'
import { findMigrations } from '../copies/tables.sql.ts'
import { isCluster } from '../database/cluster/cluster.ts'
import type { Database } from '../database/connect.ts'
import { migrations } from '../database/migrate/migrations.ts'
import { isSameDatabase, tryLock } from './sides.sql.ts'

/** A database of a move, with connections of its own. */
export interface Side {
  readonly database: Database
  /** Has the lock of the command. It writes. */
  readonly client: PoolClient
  /** Reads ahead. */
  readonly reader: PoolClient
  /** For messages. */
  readonly name: 'source' | 'target'
  /** `HEDGE_PUBLIC_URL` of its servers; `null`: it is not set. */
  readonly publicUrl: string | null
  readonly encryptionKeyIds: readonly string[]
}

/** Both databases of a move. */
export interface Sides {
  readonly source: Side
  readonly target: Side
}

/** PostgreSQL notices within milliseconds that a command was ended, unless a long statement runs. */
const lockWaitMsMax = 15_000
const lockPollMs = 200

/**
 * Opens both databases for one command, which locks the merchant there: no other one moves it meanwhile.
 *
 * @throws {MoveError} if a database is of another version or a cluster, both are one, or another command runs.
 */
export async function withSides<T>(
  databases: { source: Database; target: Database },
  merchantId: string,
  work: (sides: Sides) => Promise<T>,
): Promise<T> {
  return await withSide({ database: databases.source, name: 'source', merchantId }, (source) =>
    withSide(
      { database: databases.target, name: 'target', merchantId },
      async (target) => {
        return await work({ source, target })
      },
      source,
    ),
  )
}

/** Opens one of the databases, as `withSides` does. */
export async function withSide<T>(
  { database, name, merchantId }: { database: Database; name: Side['name']; merchantId: string },
  work: (side: Side) => Promise<T>,
  other?: Side,
): Promise<T> {
  return await database.withLongClient((client) =>
    database.withLongClient(async (reader) => {
      if (other && (await isSameDatabase(other.client, client))) {
        throw new MoveError('same_database', 'The source and the target are the same database.')
      }
      const applied = await findMigrations(client)
      if (applied.join() !== Object.keys(migrations).sort().join()) throw otherVersion(name)
      if (isCluster(database.db)) throw cluster(name)
      await lock(client, { merchantId, name })
      const cell = await readCell(database.db)
      if (!cell) throw noServer(name)
      return await work({ database, client, reader, name, ...cell })
    }),
  )
}

async function lock(
  client: PoolClient,
  { merchantId, name }: { merchantId: string; name: string },
): Promise<void> {
  for (const deadline = Date.now() + lockWaitMsMax; ; await sleep(lockPollMs)) {
    if (await tryLock(client, merchantId)) return
    if (Date.now() > deadline) break
  }
  const message = `Another command moves ${merchantId}: it has locked the merchant at the ${name}.`
  throw new MoveError('other_move', message)
}

function otherVersion(name: string): MoveError {
  const message = `The ${name} has no tables of this version. Use the version of the servers of both cells.`
  return new MoveError('other_version', message)
}

function cluster(name: string): MoveError {
  const message = `The ${name} is a cluster. A merchant moves within a cluster by its shard: see docs/scaling.md.`
  return new MoveError('other_version', message)
}

function noServer(name: string): MoveError {
  return new MoveError('no_server', `No server has started on the ${name} yet. Start one first.`)
}
