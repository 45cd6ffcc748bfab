import { randomBytes } from 'node:crypto'
import type { ClientBase } from 'pg'
import { DatabaseUnreachableError } from '../hosts/unreachable.ts'
import { explainLossyCommits } from './lossy-commits.ts'
import { readIsDistributed, readSession, type SeenSession, setSession } from './session.sql.ts'
import type { Settings } from './settings.ts'

/**
 * A connection that does not keep what this process sets, or a database that this server cannot use.
 * The message names no host, so anyone may read it.
 */
export class SessionError extends DatabaseUnreachableError {
  constructor(message: string) {
    super(message)
    this.name = 'SessionError'
  }
}

/** The statements of a new connection take no time. A pooler without a free connection lets them wait. */
const answerTimeoutMs = 5_000
/** Settings that the server judges, and does not set. */
const defaults = ['server_encoding', 'synchronous_commit', 'synchronous_standby_names'] as const

/** How often connections are compared. Other users of a pooler can come between two statements. */
const roundsMax = 3

const sharedSession =
  'Its connections share sessions of PostgreSQL, as behind a pooler in transaction mode or statement ' +
  'mode. Hedge needs sessions of its own: set pool_mode = session, or connect to PostgreSQL directly'

/**
 * The sessions of a process: sets the settings of each new connection by a statement, and verifies
 * that the next transaction still has them.
 *
 * Behind a pooler in transaction mode, a session belongs to a connection for one transaction only:
 * settings, prepared statements and locks of the session end up with others. Each session gets a
 * random token. A connection that finds another token than its own, or that of another living
 * connection, shares its session. With several sessions behind the pooler, the next transaction
 * usually runs on another one. With a single one, the second connection finds the token of the first.
 */
export class Sessions {
  readonly #tokens = new Map<ClientBase, string>()
  #lossyCommits: string | null = null
  #isCluster: boolean | null = null

  /** Why the database may lose acknowledged commits, as the newest session shows; null: it does not. */
  get lossyCommits(): string | null {
    return this.#lossyCommits
  }

  /**
   * Whether the tables are distributed over the nodes of a cluster, as the first connection of this process
   * has found: a process does not change its statements later (`database/cluster/cluster.ts`).
   *
   * @throws {Error} before the first connection. Open one first, with any statement or `checkSessions`.
   */
  get isCluster(): boolean {
    if (this.#isCluster === null) throw new Error('the database was not connected before')
    return this.#isCluster
  }

  /**
   * Prepares a new connection.
   *
   * @throws {SessionError} if the connection does not keep its settings; otherwise the driver's errors.
   */
  async prepare(client: ClientBase, settings: Settings): Promise<void> {
    const token = randomBytes(16).toString('hex')
    const timeoutMs = answerTimeoutMs
    const set = await setSession(client, { token, settings, timeoutMs })
    if ([...this.#tokens.values()].includes(set.token)) throw new SessionError(sharedSession)
    this.#tokens.set(client, token)
    client.once('end', () => this.#tokens.delete(client))
    const names = Object.keys(settings)
    const seen = await readSession(client, { names: [...names, ...defaults], timeoutMs })
    requireOwn(seen, { token, backend: set.backend })
    this.#judgeDefaults(seen.values.slice(names.length))
    const lost = names.findIndex((_, n) => seen.values[n] !== set.values[n])
    if (lost >= 0) {
      const [name, now] = [names[lost], seen.values[lost]]
      throw new SessionError(`It does not keep the setting ${name}: it is ${now} after it was set`)
    }
    this.#isCluster ??= await readIsDistributed(client, { timeoutMs })
  }

  #judgeDefaults(values: readonly string[]): void {
    const [encoding = '', synchronousCommit = '', synchronousStandbyNames = ''] = values
    if (encoding !== 'UTF8') {
      const message = `Its encoding is ${encoding}: Hedge needs a database with the encoding UTF8`
      throw new SessionError(message)
    }
    this.#lossyCommits = explainLossyCommits({ synchronousCommit, synchronousStandbyNames })
  }

  /**
   * Checks that each of the given connections has a session of its own.
   *
   * @throws {SessionError} if two of them share one; otherwise the errors of the driver.
   */
  async requireSeparate(clients: readonly ClientBase[]): Promise<void> {
    for (let round = 1; round <= roundsMax; round++) {
      for (const client of clients) {
        const token = this.#tokens.get(client)
        if (token === undefined) throw new Error('a connection was not prepared')
        requireOwn(await readSession(client, { names: [], timeoutMs: answerTimeoutMs }), { token })
      }
    }
  }
}

function requireOwn(seen: SeenSession, own: { token: string; backend?: number }): void {
  const isSameBackend = own.backend === undefined || seen.backend === own.backend
  if (seen.token !== own.token || !isSameBackend) throw new SessionError(sharedSession)
}
