import type pg from 'pg'
import { isCluster } from '../../database/cluster/cluster.ts'
import type { Database } from '../../database/connect.ts'

/** Runs one statement and returns its rows. */
export interface Runner {
  /** Whether the tables are distributed over the nodes of a cluster: then a statement names its account. */
  readonly isCluster: boolean
  readonly query: <Row>(text: string, values: unknown[]) => Promise<Row[]>
  /**
   * Runs statements after the transactions that have written to a table of the coordinator, on all nodes, and
   * before the next ones. In a cluster, a transaction is visible on the coordinator first, but it keeps its
   * lock on the table until the workers have its rows too.
   */
  readonly afterWriters: <T>(
    table: 'stats_progress',
    read: (runner: Runner) => Promise<T>,
  ) => Promise<T>
}

/** Runs statements with the time limits and plans of the server's own. */
export function runnerOf({ db, pool }: Database): Runner {
  return {
    ...runnerBy(queryOf(pool), isCluster(db)),
    async afterWriters(table, read) {
      const client = await pool.connect()
      try {
        await client.query('begin')
        await client.query(`lock table ${table} in share mode`)
        return await read(runnerBy(queryOf(client), isCluster(db)))
      } finally {
        await client.query('rollback')
        client.release()
      }
    },
  }
}

function queryOf(connection: pg.Pool | pg.PoolClient): Runner['query'] {
  return async <Row>(text: string, values: unknown[]) => {
    const { rows } = await connection.query(text, values)
    return rows as Row[]
  }
}

/** A runner of the statements that `query` runs. No transaction writes meanwhile. */
export function runnerBy(query: Runner['query'], isCluster: boolean): Runner {
  const runner: Runner = {
    isCluster,
    query,
    afterWriters: async (_table, read) => await read(runner),
  }
  return runner
}
