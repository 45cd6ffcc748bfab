import pg from 'pg'
import type { DatabaseAddress, Host } from './address.ts'
import { readRole } from './role.sql.ts'
import { DatabaseUnreachableError } from './unreachable.ts'

/** A host that does not answer for this time is skipped. Requests wait longer for a connection. */
const probeTimeoutMs = 3_000
/** After the first host that takes writes, the time for others to report a later timeline. */
const graceMs = 300
/** Pause after a search without a result: a starting database needs the machine. */
const restMs = 200

/** The result of probing one host. */
type Report =
  | { readonly host: Host; readonly timeline: number }
  | { readonly host: Host; readonly unfit: string }

/**
 * The servers of one database, and which of them takes writes now.
 *
 * Of two servers that take writes, the one on the higher timeline counts. An old primary that comes
 * back as if nothing had happened is on the lower timeline, and its new rows would be lost. The
 * highest timeline ever seen counts, so this process never writes to an old primary again.
 */
export class Hosts {
  readonly #address: DatabaseAddress
  readonly #config: pg.ClientConfig
  readonly #aimed = new WeakMap<pg.Client, Host>()
  #current: Host | null = null
  #newestTimeline = 0
  #search: Promise<void> | null = null
  #rest: { untilMs: number; reason: string } | null = null

  /** `config` is what a client of any host needs, without the host. */
  constructor(address: DatabaseAddress, config: pg.ClientConfig) {
    this.#address = address
    this.#config = config
    if (!this.areProbed) this.#current = address.hosts[0] ?? null
  }

  /** Whether servers report their role before they are used: always, except one host and `any`. */
  get areProbed(): boolean {
    return this.#address.hosts.length > 1 || this.#address.wanted !== 'any'
  }

  /** The host that the last search found, unless there is reason to doubt it. */
  get current(): Host | null {
    return this.#current
  }

  /** Sets the host of a client that has not connected yet. */
  aim(
    client: pg.Client,
    host: Host | null = this.#current ?? this.#address.hosts[0] ?? null,
  ): void {
    if (host?.name) client.host = host.name
    if (host?.port) client.port = host.port
    if (host) this.#aimed.set(client, host)
  }

  /** The host of a client. */
  hostOf(client: pg.Client): Host | null {
    return this.#aimed.get(client) ?? null
  }

  /** A connection to this host failed: the next connection searches first. */
  doubt(host: Host | null): void {
    if (this.areProbed && host === this.#current) this.#current = null
  }

  /**
   * Checks that a connected server takes writes.
   *
   * @throws {DatabaseUnreachableError} when it does not; otherwise the errors of the driver.
   */
  async check(client: pg.ClientBase, host: Host | null): Promise<void> {
    if (!this.areProbed || host === null) return
    const report = this.#judge(host, await this.#readRole(client))
    if ('timeline' in report) return
    this.doubt(host)
    throw new DatabaseUnreachableError(`${nameOf(host)}: ${report.unfit}`)
  }

  /**
   * Probes all hosts for the one that takes writes. Concurrent calls share one search.
   *
   * @throws {DatabaseUnreachableError} when there is none, with the result of each host.
   */
  async find(): Promise<void> {
    this.refuseWhileResting()
    this.#search ??= this.#probeAll().finally(() => {
      this.#search = null
    })
    await this.#search
  }

  /** Connections fail now: the process pauses before it tries again. */
  rest(reason: string): void {
    this.#rest = { untilMs: performance.now() + restMs, reason }
  }

  /** @throws {DatabaseUnreachableError} during the pause, with the reason. */
  refuseWhileResting(): void {
    if (this.#rest === null) return
    if (performance.now() < this.#rest.untilMs)
      throw new DatabaseUnreachableError(this.#rest.reason)
    this.#rest = null
  }

  async #probeAll(): Promise<void> {
    // In the order of the address, whichever host answered first: of equal hosts the first counts.
    const rank = ({ host }: Report) => this.#address.hosts.indexOf(host)
    const reports = (await this.#gather()).sort((a, b) => rank(a) - rank(b))
    const fit = reports.filter((report) => 'timeline' in report)
    const best = fit.sort((a, b) => b.timeline - a.timeline)[0]
    if (best) {
      this.#current = best.host
      return
    }
    const failures = reports.flatMap((report) =>
      'unfit' in report ? [`${nameOf(report.host)}: ${report.unfit}`] : [],
    )
    const reason = `No host of the database can be used. ${failures.join('; ')}`
    this.rest(reason)
    throw new DatabaseUnreachableError(reason)
  }

  /** All reports, or those that arrive within the grace time after the first good report. */
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
      const client = new pg.Client({ ...this.#config, connectionTimeoutMillis: probeTimeoutMs })
      client.on('error', () => undefined)
      this.aim(client, host)
      try {
        await client.connect()
        return this.#judge(host, await this.#readRole(client))
      } finally {
        void client.end()
      }
    } catch (error) {
      const { message, code } = error as { message?: string; code?: string }
      return { host, unfit: message || code || 'no connection' }
    }
  }

  #readRole(client: pg.ClientBase) {
    return readRole(client, { wanted: this.#address.wanted, timeoutMs: probeTimeoutMs })
  }

  #judge(host: Host, { unfit, timeline }: Awaited<ReturnType<typeof readRole>>): Report {
    if (unfit !== null) return { host, unfit }
    if (timeline < this.#newestTimeline) {
      const moved = `the database is on timeline ${this.#newestTimeline} elsewhere`
      return { host, unfit: `it is on timeline ${timeline}, and ${moved}` }
    }
    this.#newestTimeline = timeline
    return { host, timeline }
  }
}

/** A host as people write it. */
function nameOf({ name, port }: Host): string {
  return `${name ?? 'the default host'}${port === null ? '' : `:${port}`}`
}
