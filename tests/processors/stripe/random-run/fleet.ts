import type { Chance } from '../../../support/chance.ts'
import { type Api, type ApiAnswer, type ApiOptions, apiClient } from '../../../support/http/api.ts'
import { startServer, type TestServer } from '../../../support/servers/server.ts'

/** Server processes on one database. One of them is killed now and then, and another one starts. */
export class Fleet {
  readonly #options: { databaseUrl: string; env: Record<string, string> }
  readonly #servers: TestServer[] = []
  readonly #logs: string[] = []
  #clients = new Map<string, Api>()

  constructor(options: { databaseUrl: string; env: Record<string, string> }) {
    this.#options = options
  }

  async start(count: number): Promise<void> {
    this.#servers.push(
      ...(await Promise.all(Array.from({ length: count }, () => startServer(this.#options)))),
    )
  }

  get first(): TestServer {
    return this.#servers[0] as TestServer
  }

  url(chance: Chance): string {
    return chance.pick(this.#servers).url
  }

  /** Kills a server with SIGKILL, and starts another one. The others go on meanwhile. */
  async replaceOne(chance: Chance): Promise<void> {
    const [killed] = this.#servers.splice(chance.below(this.#servers.length), 1)
    if (!killed) return
    await killed.kill()
    this.#logs.push(killed.log())
    this.#servers.push(await startServer(this.#options))
  }

  /**
   * Sends a request to any server. `null`: no answer, because the server was killed, or the request was
   * refused because of the load.
   */
  async send(
    { key, chance }: { key: string; chance: Chance },
    [method, path, options = {}]: [string, string, ApiOptions?],
  ): Promise<ApiAnswer | null> {
    const url = this.url(chance)
    const name = `${url} ${key}`
    const client = this.#clients.get(name) ?? apiClient(url, key)
    this.#clients.set(name, client)
    const answer = await client(method, path, options).catch((error: unknown) => {
      // `fetch` failed, or the connection ended within the body. Every other error is a finding.
      if (error instanceof TypeError || error instanceof SyntaxError) return null
      throw error
    })
    return answer?.status === 503 ? null : answer
  }

  /** The logs of all servers, also of the killed ones. */
  log(): string {
    return [...this.#logs, ...this.#servers.map((server) => server.log())].join('\n')
  }

  async stop(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.stop()))
  }
}
