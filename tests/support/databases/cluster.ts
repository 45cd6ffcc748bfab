import { randomBytes } from 'node:crypto'
import type pg from 'pg'
import { initCluster } from '../../../packages/server/src/database/cluster/init.ts'
import { connect } from '../../../packages/server/src/database/connect.ts'
import { migrate } from '../../../packages/server/src/database/migrate/migrate.ts'
import { asAdmin, type TestDatabase, whenUnused, withDatabase } from './postgres.ts'

/**
 * A database of the coordinator of a Citus cluster, which knows all nodes. Where it is set, tests run on
 * that cluster: see docs/running-in-production.md.
 */
export const clusterUrl = process.env.HEDGE_TEST_CITUS_URL

/** Creates a database on all nodes of the cluster, with the extension and without tables. */
export async function createClusterDatabase(url: string): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`
  const nodes = await nodesOf(url)
  for (const node of nodes) {
    await asAdmin(node.url, (admin) => admin.query(`create database ${name}`))
    await asAdmin(withDatabase(node.url, name), (admin) => admin.query('create extension citus'))
  }
  await asAdmin(withDatabase(url, name), async (admin) => {
    for (const { host, port, isCoordinator, hasShards } of nodes) {
      await admin.query(
        isCoordinator
          ? 'select citus_set_coordinator_host($1, $2)'
          : 'select citus_add_node($1, $2)',
        [host, port],
      )
      await admin.query(`select citus_set_node_property($1, $2, 'shouldhaveshards', $3)`, [
        host,
        port,
        hasShards,
      ])
    }
  })
  const drop = async () => {
    for (const node of nodes) {
      await asAdmin(node.url, (admin) =>
        whenUnused(() => admin.query(`drop database if exists ${name} with (force)`)),
      )
    }
  }
  return { url: withDatabase(url, name), drop }
}

/** Creates a database on the cluster that is migrated and distributed. */
export async function createDistributedDatabase(url: string): Promise<TestDatabase> {
  const created = await createClusterDatabase(url)
  const database = connect({ url: created.url, onError: () => undefined })
  await migrate(database)
  await initCluster(database)
  await database.close()
  return created
}

interface Node {
  readonly host: string
  readonly port: number
  readonly isCoordinator: boolean
  readonly hasShards: boolean
  readonly url: string
}

/** The nodes of the cluster, the coordinator first. */
async function nodesOf(url: string): Promise<Node[]> {
  return await asAdmin(url, async (admin: pg.Client) => {
    const { rows } = await admin.query<Omit<Node, 'url'>>(
      `select nodename as host, nodeport as port, groupid = 0 as "isCoordinator",
         shouldhaveshards as "hasShards"
       from pg_dist_node order by groupid`,
    )
    return rows.map((node) => {
      const changed = new URL(url)
      changed.host = `${node.host}:${node.port}`
      return { ...node, url: changed.href }
    })
  })
}
