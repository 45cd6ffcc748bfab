import { chown, cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { query } from '../../support/databases/postgres-server.ts'
import { until } from '../../support/until.ts'
import { createNode, database, findPrograms, initialize, type Node, password } from './node.ts'

/** A primary and a synchronous standby, which has each commit before it is acknowledged. */
export interface Pair {
  readonly primary: Node
  readonly standby: Node
  /** The address of both hosts, for the servers. */
  readonly url: string
  /** Stops both nodes, and removes their folders. */
  remove(): Promise<void>
}

const standbyName = 'standby'
const settings = { shared_buffers: '64MB', max_connections: '120', wal_receiver_timeout: '60s' }

/** Settings of the primary: commits wait for the standby. */
const waiting = { ...settings, synchronous_standby_names: standbyName }

/**
 * Starts a primary and its synchronous standby. The standby is a cold copy of the empty
 * cluster: the programs that come with the packages are too few for a base backup.
 */
export async function startPair(): Promise<Pair> {
  const folder = await mkdtemp(join(tmpdir(), 'hedge-pair-'))
  const programs = await findPrograms(folder)
  const primary = await initialize(programs, { folder, name: 'primary' })
  const standby = await createNode(programs, { folder, name: standbyName })
  const remove = async () => {
    await Promise.all([primary, standby].map((node) => node.kill()))
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
  try {
    await cp(primary.data, standby.data, { recursive: true })
    await writeFile(join(standby.data, 'standby.signal'), '')
    await giveTo(programs.account, standby.data)
    await primary.start(waiting)
    await standby.start({ ...settings, primary_conninfo: conninfo(primary) })
    const admin = primary.url.replace(/[^/]*$/, 'postgres')
    await until('the standby is synchronous', async () => {
      const states = await query(admin, 'select sync_state from pg_stat_replication')
      return states.includes('sync')
    })
    await query(admin, `create role hedge login password '${password}'`)
    await query(admin, `create database ${database} owner hedge`)
  } catch (cause) {
    await remove()
    throw cause
  }
  const hosts = [primary, standby].map(({ port }) => `127.0.0.1:${port}`)
  const parameters = 'target_session_attrs=read-write'
  const url = `postgres://hedge:${password}@${hosts}/${database}?${parameters}`
  return { primary, standby, url, remove }
}

/** Settings of a node without a standby, also of an old primary that was replaced. */
export const alone: Readonly<Record<string, string>> = settings

function conninfo({ port }: Node): string {
  const parts = { host: '127.0.0.1', port, user: 'postgres', password }
  const pairs = Object.entries({ ...parts, application_name: standbyName })
  return pairs.map(([name, value]) => `${name}=${value}`).join(' ')
}

/** Changes the owner of a copy, because PostgreSQL must own its files. */
export async function giveTo(
  account: { uid: number; gid: number } | undefined,
  folder: string,
): Promise<void> {
  if (!account) return
  const names = await readdir(folder, { recursive: true })
  const paths = [folder, ...names.map((name) => join(folder, name))]
  await Promise.all(paths.map((path) => chown(path, account.uid, account.gid)))
}
