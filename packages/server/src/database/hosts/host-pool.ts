import pg from 'pg'
import type { Host } from './address.ts'
import { BoundedPool } from './bounded-pool.ts'
import type { Hosts } from './hosts.ts'
import { DatabaseUnreachableError } from './unreachable.ts'

type Connected = Parameters<typeof pg.Pool.prototype.connect>[0]

/** A connection of a pool. */
interface Session {
  readonly host: Host | null
  /** Since when somebody has it, by the process's own clock; `null` while it is idle. */
  heldSinceMs: number | null
  /** Whether it is to be given up once nobody has it any more. */
  isSpent: boolean
}

/**
 * How often a request looks for another host: once after the one it knew is gone, and once more
 * where that one was about to go as well. Nothing was sent by then, so nothing is done twice.
 */
const attemptsMax = 3
/** How often connections are looked at that somebody has had for long. */
const watchMs = 1_000
/**
 * A statement takes milliseconds. After this it may be that its server is cut off or stands still,
 * or that its commit waits for a standby that has become the primary: others are asked.
 */
const suspiciousMs = 3_000
/** How long it takes after that to ask again: a long statement is nothing unusual. */
const askAgainMs = 5_000

/** The server is no longer, or not yet, one to write to: read-only, going down, starting up. */
const readOnly = '25006'
const unusable = /^(25006|57P0[123]|08)/

/**
 * A pool whose connections are all to the host that takes writes. When another one does, it goes on
 * there: connections to the old one break at once, also those that wait for its answer.
 */
export class HostPool extends BoundedPool {
  readonly #hosts: Hosts
  readonly #sessions = new Map<pg.ClientBase, Session>()
  readonly #watch: NodeJS.Timeout | undefined
  #askedMs = Number.NEGATIVE_INFINITY

  constructor(hosts: Hosts, config: pg.PoolConfig & { waitingMax: number }) {
    super({
      ...config,
      Client: clientOf(hosts),
      verify: (client, done) => {
        const host = this.#sessions.get(client)?.host ?? null
        hosts.check(client, host).then(
          () => done(),
          (error: Error) => done(error),
        )
      },
    })
    this.#hosts = hosts
    this.on('connect', (client) => this.#welcome(client))
    this.on('acquire', (client) => this.#hold(client, performance.now()))
    this.on('release', (_, client) => {
      this.#hold(client, null)
      // The pool looks next whether it has ended, and then forgets it.
      if (this.#sessions.get(client)?.isSpent) void client.end()
    })
    if (hosts.areAsked) this.#watch = setInterval(() => void this.#look(), watchMs).unref()
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
    if (!callback) return super.end()
    super.end(callback)
    return undefined
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
        // The pool's words where all connections are in use: no host is to blame for that.
        if (error.message === 'timeout exceeded when trying to connect') return fail(error)
        this.#hosts.doubt(host)
        if (!this.#hosts.areAsked) this.#hosts.rest(reasonOf(error))
        if (this.#hosts.areAsked && attempt < attemptsMax) this.#attempt(callback, attempt + 1)
        else fail(error)
      })
    } catch (error) {
      fail(error as Error)
    }
  }

  #welcome(client: pg.PoolClient): void {
    const host = this.#hosts.hostOf(client)
    const session: Session = { host, heldSinceMs: performance.now(), isSpent: false }
    this.#sessions.set(client, session)
    client.once('end', () => this.#sessions.delete(client))
    // A connection that breaks while a transaction holds it has no other listener, and an error
    // event without one ends the process. The statement in flight fails with the error all the same.
    client.on('error', () => this.#hosts.doubt(host))
    client.connection.on('errorMessage', ({ code }: { code?: string }) => {
      if (code === undefined || !unusable.test(code)) return
      this.#hosts.doubt(host)
      // The others end by themselves. One that has become a standby would be kept for ever.
      if (code === readOnly) session.isSpent = true
    })
    client.on('notice', ({ routine }) => {
      // PostgreSQL goes on to say that the commit was done, although no standby has it: somebody
      // has canceled the wait. What could still be lost must not be acknowledged.
      if (routine === 'SyncRepWaitForLSN') breakOff(client, 'A commit did not reach its standby.')
    })
  }

  #hold(client: pg.ClientBase, sinceMs: number | null): void {
    const session = this.#sessions.get(client)
    if (session) session.heldSinceMs = sinceMs
  }

  /** Asks the hosts when an answer is overdue, and leaves connections to others than the found one. */
  async #look(): Promise<void> {
    const nowMs = performance.now()
    const isOverdue = [...this.#sessions.values()].some(
      ({ heldSinceMs }) => heldSinceMs !== null && nowMs - heldSinceMs > suspiciousMs,
    )
    if (isOverdue && nowMs - this.#askedMs > askAgainMs) {
      this.#askedMs = nowMs
      // In vain is no reason to give up a connection: it may yet be answered.
      await this.#hosts.find().catch(() => undefined)
    }
    const current = this.#hosts.current
    if (current === null) return
    for (const [client, { host }] of this.#sessions) {
      if (host !== current) breakOff(client, 'The database went on at another host.')
    }
  }
}

/** Clients that connect to the host which is current when they are made. */
function clientOf(hosts: Hosts): new () => pg.Client {
  return class extends pg.Client {
    constructor(config?: pg.ClientConfig) {
      super(config)
      hosts.aim(this)
    }
  }
}

/** Fails what is in flight with the reason; the pool then forgets the connection. */
function breakOff(client: pg.ClientBase, reason: string): void {
  const { connection } = client as pg.Client
  connection.emit('error', new DatabaseUnreachableError(reason))
  connection.stream.destroy()
}

function reasonOf({ message, ...error }: Error): string {
  const { code } = error as { code?: string }
  return message || code || 'no connection'
}
