import { chmod, cp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { chooseAccount } from '../../../../packages/bundled-postgres/src/processes/account.ts'
import { initCluster } from '../../../../packages/server/src/database/cluster/init.ts'
import { connect } from '../../../../packages/server/src/database/connect.ts'
import { migrate } from '../../../../packages/server/src/database/migrate/migrate.ts'
import { query } from '../../../support/databases/postgres-server.ts'
import { createNode, database, initialize, type Node, type Programs } from '../../database/node.ts'
import { giveTo } from '../../database/pair.ts'
import type { Postgres } from './postgres.ts'

/** The folder of PostgreSQL's programs, with the extension Citus installed: `/usr/lib/postgresql/15/bin`. */
export const ownClusterPrograms = process.env.HEDGE_TEST_CITUS_PROGRAMS

/** A Citus cluster of the harness: a coordinator, two workers, and a synchronous standby of the first worker. */
export interface OwnCluster {
  readonly coordinator: Postgres
  readonly workers: readonly Node[]
  /** Runs a statement on the coordinator, and returns its first column. */
  ask(statement: string): Promise<unknown[]>
  /** Starts a worker that was killed. */
  restart(worker: Node): Promise<void>
  /** Promotes the standby of the first worker, and tells the coordinator. */
  failOver(): Promise<void>
  /** Starts one more worker, and adds it to the cluster as docs/running-in-production.md says. */
  addWorker(): Promise<Node>
}

const shared = {
  shared_preload_libraries: 'citus',
  wal_level: 'logical',
  max_connections: '200',
  max_prepared_transactions: '400',
  max_worker_processes: '32',
  shared_buffers: '64MB',
  'citus.shard_count': '4',
  'citus.recover_2pc_interval': '2s',
  'citus.node_conninfo': 'sslmode=prefer',
}
const standbyName = 'standby'

/** Starts a cluster below a folder, with Hedge's tables distributed. */
export async function startCluster(folder: string): Promise<OwnCluster> {
  await chmod(folder, 0o755)
  const programs = { folder: ownClusterPrograms ?? '', account: await chooseAccount() }
  const create = (name: string) => createEmpty(programs, folder, name)
  const [coordinator, first, second] = [
    await create('coordinator'),
    await create('worker_1'),
    await create('worker_2'),
  ]
  const standby = await copyOf(first, { programs, folder })
  const nodes = [coordinator, first, second, standby]
  const settingsOf = (node: Node) =>
    node === first ? { ...shared, synchronous_standby_names: standbyName } : shared
  for (const node of [coordinator, first, second]) await node.start(settingsOf(node))
  await standby.start({ ...shared, primary_conninfo: conninfo(first) })
  const ask = (statement: string) => query(coordinator.url, statement)
  for (const node of [coordinator, first, second]) await prepare(node)
  await ask(`select citus_set_coordinator_host('127.0.0.1', ${coordinator.port})`)
  for (const { port } of [first, second]) await ask(`select citus_add_node('127.0.0.1', ${port})`)
  await distribute(coordinator.url)
  return {
    coordinator: asPostgres(coordinator, nodes),
    workers: [first, second],
    ask,
    restart: (worker) => worker.start(settingsOf(worker)),
    async failOver() {
      await standby.promote()
      await ask(`select citus_update_node(nodeid, '127.0.0.1', ${standby.port}, force => true)
        from pg_dist_node where nodeport = ${first.port}`)
    },
    async addWorker() {
      const added = await create('worker_3')
      nodes.push(added)
      await added.start(shared)
      await prepare(added)
      await ask(`select citus_add_node('127.0.0.1', ${added.port})`)
      await distribute(coordinator.url)
      return added
    },
  }
}

/** An empty node that lets every local connection in: the nodes connect to each other without passwords. */
async function createEmpty(programs: Programs, folder: string, name: string): Promise<Node> {
  const node = await initialize(programs, { folder, name })
  const rules = ['host all all 127.0.0.1/32 trust', 'host replication all 127.0.0.1/32 trust', '']
  await writeFile(join(node.data, 'pg_hba.conf'), rules.join('\n'))
  return node
}

/** A cold copy of a node that was never started, as its standby. */
async function copyOf(
  node: Node,
  { programs, folder }: { programs: Programs; folder: string },
): Promise<Node> {
  const standby = await createNode(programs, { folder, name: standbyName })
  await cp(node.data, standby.data, { recursive: true })
  await writeFile(join(standby.data, 'standby.signal'), '')
  await giveTo(programs.account, standby.data)
  return standby
}

const conninfo = ({ port }: Node) =>
  `host=127.0.0.1 port=${port} user=postgres application_name=${standbyName}`

async function prepare(node: Node): Promise<void> {
  await query(node.url.replace(/[^/]*$/, 'postgres'), `create database ${database}`)
  await query(node.url, 'create extension citus')
}

/** What `hedge migrate` and `hedge cluster init` do. */
async function distribute(url: string): Promise<void> {
  const opened = connect({ url, onError: () => undefined })
  try {
    await migrate(opened)
    await initCluster(opened)
  } finally {
    await opened.close()
  }
}

/** The coordinator as the PostgreSQL of a world. It is started again when it was killed. */
function asPostgres(coordinator: Node, nodes: readonly Node[]): Postgres {
  return {
    url: coordinator.url,
    target: { host: '127.0.0.1', port: coordinator.port },
    async kill() {
      await coordinator.kill()
      await coordinator.start(shared)
    },
    pause: () => coordinator.freeze(),
    resume: () => coordinator.thaw(),
    async stop() {
      await Promise.all(nodes.map((node) => node.kill()))
    },
  }
}
