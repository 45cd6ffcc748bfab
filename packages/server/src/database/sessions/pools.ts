import pg from 'pg'
import { AddressError, type DatabaseAddress, parseAddress } from '../hosts/address.ts'
import { HostPool } from '../hosts/host-pool.ts'
import { Hosts } from '../hosts/hosts.ts'
import { overrideSettings, readOptions } from './options.ts'
import { Sessions } from './sessions.ts'
import {
  answerTimeoutMs,
  batchSettings,
  longSettings,
  readSettings,
  requestSettings,
  type Settings,
} from './settings.ts'
import { types } from './types.ts'

/** The connections of a process to its database, by their purpose. */
export interface Pools {
  readonly sessions: Sessions
  readonly requests: HostPool
  readonly reads: HostPool
  readonly batches: HostPool
  readonly keys: HostPool
  /** Opens a pool of one connection, for work that may take minutes. */
  openLong(): HostPool
}

/** The pool of requests and workers. Sixteen connections keep far more than two cores busy. */
const connectionsMax = 16
/** Slow reads use processors and disk, so more at once take longer each. */
export const readConnectionsMax = 8
/** Two batches in flight: PostgreSQL runs one while the next is on the wire. */
const batchConnectionsMax = 2
/** A look-up takes less than a millisecond and is cached for two seconds: one connection and a spare. */
const keyConnectionsMax = 2
/** After this time, a request that waits for a connection is refused. */
const connectTimeoutMs = 5_000
/** Statements that may wait for a connection: twice the admitted requests, and the workers. */
const waitingMax = 2_000
/** A server that vanished without closing its connection is noticed after this and ten seconds more. */
const keepAliveMs = 10_000

/**
 * Makes the pools of a database. They connect at the first statement.
 *
 * @throws {AddressError} when the address cannot be used.
 */
export function makePools(options: { url: string; onError: (error: Error) => void }): Pools {
  const address = parseAddress(options.url)
  const config = configOf(address)
  const given = readOptions(address.options)
  const hosts = new Hosts(address, config)
  const sessions = new Sessions()
  const open = (settings: Settings, limits: pg.PoolConfig): HostPool => {
    const whole = overrideSettings(given, settings)
    const pool = new HostPool(hosts, {
      ...{ ...config, ...limits, waitingMax },
      prepare: (client) => sessions.prepare(client, whole),
      freeConnection: () => closeOne([reads, requests].filter((other) => other !== pool)),
    })
    pool.on('error', options.onError)
    return pool
  }
  // Never closed while idle: in an emergency they may be refused.
  const openKept = (settings: Settings, max: number) => open(settings, { max, min: max })
  const requests = open(requestSettings, { max: connectionsMax })
  const reads = open(readSettings, { max: readConnectionsMax })
  return {
    ...{ sessions, requests, reads },
    batches: openKept(batchSettings, batchConnectionsMax),
    keys: openKept(requestSettings, keyConnectionsMax),
    openLong: () => open(longSettings, { max: 1, query_timeout: 0 }),
  }
}

/** Closes a connection of one of the pools, preferably an idle one. Returns whether there was one. */
async function closeOne(pools: readonly HostPool[]): Promise<boolean> {
  const [pool] = pools.toSorted((a, b) => b.idleCount - a.idleCount || b.totalCount - a.totalCount)
  return (await pool?.closeOne()) ?? false
}

/** The configuration of all clients. */
function configOf(address: DatabaseAddress): pg.ClientConfig {
  const config = {
    connectionString: address.connectionString,
    types,
    connectionTimeoutMillis: connectTimeoutMs,
    application_name: 'hedge',
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveMs,
    query_timeout: answerTimeoutMs,
  }
  try {
    // Reads the certificates that the address names, to fail now and not at the first statement.
    new pg.Client(config)
    return config
  } catch (cause) {
    throw new AddressError((cause as Error).message)
  }
}
