import type pg from 'pg'
import type { Host } from './address.ts'
import { BoundedPool } from './bounded-pool.ts'
import { HostClient } from './host-client.ts'
import type { Hosts } from './hosts.ts'
import { isTooManyConnections } from './too-many.ts'

type Connected = Parameters<typeof pg.Pool.prototype.connect>[0]

/** The configuration of a pool. */
export interface HostPoolConfig extends pg.PoolConfig {
  readonly waitingMax: number
  /** Runs the first statements of a new connection. If it fails, the connection is not used. */
  readonly prepare: (client: pg.PoolClient) => Promise<void>
  /** Closes a connection of another pool. Returns whether there was one. */
  readonly freeConnection: () => Promise<boolean>
}

/** A connection of a pool. */
interface Session {
  readonly host: Host | null
  /** Since when a caller uses it, by the process's own clock; `null` while it is idle. */
  usedSinceMs: number | null
  /** Whether the connection ends when its caller returns it. */
  isSpent: boolean
}

/**
 * Attempts of one request to connect: one more after the known host has gone, and one more in case
 * its successor goes as well. No statement was sent by then, so no work is done twice.
 */
const attemptsMax = 3
/** Time between two checks for statements that take long. */
const watchMs = 1_000
/**
 * A statement takes milliseconds. After this time its server may be cut off or frozen, or its commit
 * may wait for a standby that has become the primary, so the pool probes the hosts.
 */
const suspiciousMs = 3_000
/** Time between two such probes. A long statement is nothing unusual. */
const probeAgainMs = 5_000

/** Time until a pool that was shrunk tries to grow again. Other processes may have closed theirs. */
const growAgainMs = 15_000

/** Time in which PostgreSQL ends the session of a closed connection. */
const freeMs = 50

/** The server is read-only. */
const readOnly = '25006'
/** The server takes no writes now: it is read-only, shuts down, starts up or lost the connection. */
const unusable = /^(25006|57P0[123]|08)/

/**
 * A pool whose connections all lead to the host that takes writes. When another host takes writes,
 * the pool moves there. Connections to the old host break at once, also those that wait for an
 * answer.
 */
export class HostPool extends BoundedPool {
  readonly #hosts: Hosts
  readonly #sessions = new Map<pg.ClientBase, Session>()
  readonly #watch: NodeJS.Timeout | undefined
  readonly #sizeMax: number
  readonly freeConnection: HostPoolConfig['freeConnection']
  #grow: NodeJS.Timeout | undefined
  #freeing: Promise<boolean> | null = null
  /** Other pools that wait for a connection of this one to end. */
  readonly #closing: (() => void)[] = []
  #probedMs = Number.NEGATIVE_INFINITY

  constructor(hosts: Hosts, { prepare, freeConnection, ...config }: HostPoolConfig) {
    super({
      ...config,
      Client: clientOf(hosts),
      verify: (client, done) => {
        const host = this.#sessions.get(client)?.host ?? null
        hosts
          .check(client, host)
          .then(() => prepare(client))
          .then(
            () => done(),
            (error: Error) => done(error),
          )
      },
    })
    this.#hosts = hosts
    this.#sizeMax = this.options.max
    this.freeConnection = freeConnection
    this.on('connect', (client) => this.#addSession(client))
    this.on('acquire', (client) => this.#setUsed(client, performance.now()))
    this.on('release', (_, client) => {
      this.#setUsed(client, null)
      // The pool removes ended connections.
      const onClosed = this.#closing.shift()
      if (onClosed) client.once('end', onClosed)
      if (onClosed || this.#sessions.get(client)?.isSpent) void client.end()
    })
    if (hosts.areProbed) {
      this.#watch = setInterval(() => void this.#leaveOldHosts(), watchMs).unref()
    }
  }

  override connect(): Promise<pg.PoolClient>
  override connect(callback: Connected): void
  override connect(callback?: Connected): Promise<pg.PoolClient> | undefined {
    if (callback) {
      this.#attempt(callback, 1)
      return undefined
    }
    return new Promise((resolve, reject) => {
      this.#attempt((error, client) => (client ? resolve(client) : reject(error)), 1)
    })
  }

  override end(): Promise<void>
  override end(callback: () => void): void
  override end(callback?: () => void): Promise<void> | undefined {
    clearInterval(this.#watch)
    clearTimeout(this.#grow)
    if (!callback) return super.end()
    super.end(callback)
    return undefined
  }

  /**
   * Closes a connection for a pool that has none: an idle one, or the next that its caller returns. The
   * last one stays.
   *
   * @returns whether there was another.
   */
  async closeOne(): Promise<boolean> {
    const count = this.#sessions.size
    if (count < 2) return false
    this.#shrink(count - 1)
    if (this.idleCount > 0) (await this.connect()).release(true)
    else await new Promise<void>((resolve) => this.#closing.push(resolve))
    return true
  }

  #attempt(callback: Connected, attempt: number): void {
    const fail = (error: Error) => callback(error, undefined, () => undefined)
    if (this.#hosts.current === null) {
      this.#hosts.find().then(() => this.#open(callback, attempt), fail)
      return
    }
    this.#open(callback, attempt)
  }

  #open(callback: Connected, attempt: number): void {
    const fail = (error: Error) => callback(error, undefined, () => undefined)
    const host = this.#hosts.current
    const opensAnother = this.idleCount === 0 && this.totalCount < this.options.max
    try {
      if (opensAnother) this.#hosts.refuseWhileResting()
      super.connect((error, client, done) => {
        if (!error) return callback(undefined, client, done)
        // The pool's message when all connections are in use. No host is the cause.
        if (error.message === 'timeout exceeded when trying to connect') return fail(error)
        if (isTooManyConnections(error)) return this.#goOnFull(callback, { error, attempt })
        this.#hosts.doubt(host)
        if (!this.#hosts.areProbed) this.#hosts.rest(reasonOf(error))
        if (this.#hosts.areProbed && attempt < attemptsMax) this.#attempt(callback, attempt + 1)
        else fail(error)
      })
    } catch (error) {
      fail(error as Error)
    }
  }

  /**
   * The database refuses another connection. Keeps those that are open, and opens no others for
   * a while: callers wait for one. A pool without any gets the place of one of another pool.
   */
  #goOnFull(callback: Connected, failed: { error: Error; attempt: number }): void {
    const { error, attempt } = failed
    const fail = () => callback(error, undefined, () => undefined)
    const isFirst = this.#sessions.size === 0
    this.#shrink(Math.max(1, this.#sessions.size))
    if (!isFirst || attempt === attemptsMax) {
      if (isFirst) fail()
      else this.#open(callback, attempt)
      return
    }
    this.#freeing ??= this.freeConnection().finally(() => {
      this.#freeing = null
    })
    // PostgreSQL frees the place shortly after the connection has ended.
    const openLater = () => setTimeout(() => this.#open(callback, attempt + 1), freeMs)
    this.#freeing.then((hasFreed) => (hasFreed ? openLater() : fail()), fail)
  }

  #shrink(size: number): void {
    this.options.max = size
    this.#grow ??= setTimeout(() => {
      this.#grow = undefined
      this.options.max = this.#sizeMax
    }, growAgainMs).unref()
  }

  #addSession(client: pg.ClientBase): void {
    if (!(client instanceof HostClient))
      throw new Error('a client of this pool is of another class')
    const host = this.#hosts.hostOf(client)
    const session: Session = { host, usedSinceMs: performance.now(), isSpent: false }
    this.#sessions.set(client, session)
    client.once('end', () => this.#sessions.delete(client))
    // A connection that breaks in a transaction has no other listener, and an error event without a
    // listener ends the process. The statement in flight fails with the same error.
    client.on('error', () => this.#hosts.doubt(host))
    client.onRefusal = (code) => {
      if (!unusable.test(code)) return
      this.#hosts.doubt(host)
      // Other refusals end the connection. A host that has become a standby would keep it open.
      if (code === readOnly) session.isSpent = true
    }
    client.on('notice', ({ routine }) => {
      // An operator has canceled the wait for the standby. PostgreSQL then reports the commit as
      // done, although no standby has it. A commit that can still be lost is not acknowledged.
      if (routine === 'SyncRepWaitForLSN') client.breakOff('A commit did not reach its standby.')
    })
  }

  #setUsed(client: pg.ClientBase, sinceMs: number | null): void {
    const session = this.#sessions.get(client)
    if (session) session.usedSinceMs = sinceMs
  }

  /** Probes the hosts when an answer is overdue, and breaks connections to all but the current host. */
  async #leaveOldHosts(): Promise<void> {
    const nowMs = performance.now()
    const isOverdue = [...this.#sessions.values()].some(
      ({ usedSinceMs }) => usedSinceMs !== null && nowMs - usedSinceMs > suspiciousMs,
    )
    if (isOverdue && nowMs - this.#probedMs > probeAgainMs) {
      this.#probedMs = nowMs
      // A failed probe breaks no connection: its answer may still come.
      await this.#hosts.find().catch(() => undefined)
    }
    const current = this.#hosts.current
    if (current === null) return
    for (const [client, { host }] of this.#sessions) {
      if (host === current) continue
      if (client instanceof HostClient) client.breakOff('The database continues on another host.')
    }
  }
}

/** A class of clients that connect to the host that is current when they are made. */
function clientOf(hosts: Hosts): new () => HostClient {
  return class extends HostClient {
    constructor(config?: pg.ClientConfig) {
      super(config)
      hosts.aim(this)
    }
  }
}

function reasonOf({ message, ...error }: Error): string {
  const { code } = error as { code?: string }
  return message || code || 'no connection'
}
