import pg from 'pg'
import type { DatabaseAddress, Host } from './address.ts'
import { askRole } from './role.sql.ts'
import { DatabaseUnreachableError } from './unreachable.ts'

/** A host that says nothing for so long is passed over. Less than a request waits for one. */
const askTimeoutMs = 3_000
/** Once one will do, how long the others may take to say that they are better. */
const graceMs = 300
/** After a search in vain nobody asks again for so long: a database that starts needs its strength. */
const restMs = 200

/** What came of asking one host. */
type Report =
  | { readonly host: Host; readonly timeline: number }
  | { readonly host: Host; readonly unfit: string }

/**
 * The servers of one database, and which of them it is at the moment.
 *
 * Of two that take writes the one on the higher timeline is it: a primary that was given up, and
 * comes back as if nothing had happened, is on the old one, and what is written there is lost. The
 * highest timeline ever seen counts, so that one is never written to again by this process.
 */
export class Hosts {
  readonly #address: DatabaseAddress
  readonly #config: pg.ClientConfig
  readonly #aimed = new WeakMap<pg.Client, Host>()
  #current: Host | null = null
  #newestTimeline = 0
  #search: Promise<void> | null = null
  #rest: { untilMs: number; reason: string } | null = null

  /** `config` is what a client of any of them needs, without the host. */
  constructor(address: DatabaseAddress, config: pg.ClientConfig) {
    this.#address = address
    this.#config = config
    if (!this.areAsked) this.#current = address.hosts[0] ?? null
  }

  /** Whether a server has to say what it is before it is used: always, but for one host and `any`. */
  get areAsked(): boolean {
    return this.#address.hosts.length > 1 || this.#address.wanted !== 'any'
  }

  /** The host that was last found to be it, unless there is reason to doubt it. */
  get current(): Host | null {
    return this.#current
  }

  /** Points a client that has not connected yet at a host. */
  aim(
    client: pg.Client,
    host: Host | null = this.#current ?? this.#address.hosts[0] ?? null,
  ): void {
    if (host?.name) client.host = host.name
    if (host?.port) client.port = host.port
    if (host) this.#aimed.set(client, host)
  }

  /** Where a client was pointed at. */
  hostOf(client: pg.Client): Host | null {
    return this.#aimed.get(client) ?? null
  }

  /** Something was wrong with a connection to this host: the next one asks first. */
  doubt(host: Host | null): void {
    if (this.areAsked && host === this.#current) this.#current = null
  }

  /**
   * Whether a server that a connection was made to is it.
   *
   * @throws {DatabaseUnreachableError} when it is not; what the driver throws otherwise.
   */
  async check(client: pg.ClientBase, host: Host | null): Promise<void> {
    if (!this.areAsked || host === null) return
    const report = this.#judge(host, await this.#ask(client))
    if ('timeline' in report) return
    this.doubt(host)
    throw new DatabaseUnreachableError(`${nameOf(host)}: ${report.unfit}`)
  }

  /**
   * Asks all hosts at once which of them is it. Whoever asks meanwhile gets the same answer.
   *
   * @throws {DatabaseUnreachableError} when none is, with what each of them said.
   */
  async find(): Promise<void> {
    this.refuseWhileResting()
    this.#search ??= this.#askAll().finally(() => {
      this.#search = null
    })
    await this.#search
  }

  /** Connections fail at the moment: for a while nobody tries. */
  rest(reason: string): void {
    this.#rest = { untilMs: performance.now() + restMs, reason }
  }

  /** @throws {DatabaseUnreachableError} while nobody tries, with why. */
  refuseWhileResting(): void {
    if (this.#rest === null) return
    if (performance.now() < this.#rest.untilMs)
      throw new DatabaseUnreachableError(this.#rest.reason)
    this.#rest = null
  }

  async #askAll(): Promise<void> {
    // In the order they were named in, whoever answered first: so of equals the first is taken.
    const rank = ({ host }: Report) => this.#address.hosts.indexOf(host)
    const reports = (await this.#gather()).sort((a, b) => rank(a) - rank(b))
    const fit = reports.filter((report) => 'timeline' in report)
    const best = fit.sort((a, b) => b.timeline - a.timeline)[0]
    if (best) {
      this.#current = best.host
      return
    }
    const said = reports.flatMap((report) =>
      'unfit' in report ? [`${nameOf(report.host)}: ${report.unfit}`] : [],
    )
    const reason = `No host of the database will do. ${said.join('; ')}`
    this.rest(reason)
    throw new DatabaseUnreachableError(reason)
  }

  /** All reports, or those that were in soon after the first good one. */
  #gather(): Promise<Report[]> {
    const { hosts } = this.#address
    const reports: Report[] = []
    return new Promise((resolve) => {
      for (const host of hosts) {
        void this.#probe(host).then((report) => {
          reports.push(report)
          if (reports.length === hosts.length) resolve(reports)
          else if ('timeline' in report) setTimeout(() => resolve(reports), graceMs)
        })
      }
    })
  }

  async #probe(host: Host): Promise<Report> {
    try {
      const client = new pg.Client({ ...this.#config, connectionTimeoutMillis: askTimeoutMs })
      client.on('error', () => undefined)
      this.aim(client, host)
      try {
        await client.connect()
        return this.#judge(host, await this.#ask(client))
      } finally {
        void client.end()
      }
    } catch (error) {
      const { message, code } = error as { message?: string; code?: string }
      return { host, unfit: message || code || 'no connection' }
    }
  }

  #ask(client: pg.ClientBase) {
    return askRole(client, { wanted: this.#address.wanted, timeoutMs: askTimeoutMs })
  }

  #judge(host: Host, { unfit, timeline }: Awaited<ReturnType<typeof askRole>>): Report {
    if (unfit !== null) return { host, unfit }
    if (timeline < this.#newestTimeline) {
      const went = `the database went on to ${this.#newestTimeline} elsewhere`
      return { host, unfit: `it is on timeline ${timeline}, and ${went}` }
    }
    this.#newestTimeline = timeline
    return { host, timeline }
  }
}

/** A host as people write it. */
function nameOf({ name, port }: Host): string {
  return `${name ?? 'the default host'}${port === null ? '' : `:${port}`}`
}
