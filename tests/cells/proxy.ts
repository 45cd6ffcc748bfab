import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A proxy that sends each request to the cell of its key, as HAProxy does with a map. */
export interface CellProxy {
  readonly url: string
  /** Lines of `hedge merchants map`: a SHA-256 and a cell. */
  load(lines: string): void | Promise<void>
  close(): Promise<void>
}

/** Starts a proxy for some cells, by their names. A key without a line is sent to the first one. */
export async function startProxy(cells: Readonly<Record<string, string>>): Promise<CellProxy> {
  const map = new Map<string, string>()
  const [first = ''] = Object.keys(cells)
  const server = createServer((incoming, outgoing) => {
    const key = /^Bearer (\S+)$/i.exec(incoming.headers.authorization ?? '')?.[1] ?? ''
    const cell = map.get(createHash('sha256').update(key).digest('hex')) ?? first
    forward(cells[cell] ?? '', incoming, outgoing)
  })
  // Longer than the cells, whose Keep-Alive header the clients get: else they send on a connection that is closing.
  server.keepAliveTimeout = 90_000
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    load(lines) {
      for (const line of lines.trim().split('\n')) {
        const [hash = '', cell = ''] = line.split(' ')
        map.set(hash, cell)
      }
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function forward(url: string, incoming: IncomingMessage, outgoing: ServerResponse): void {
  const { method, headers } = incoming
  // A connection for each request: a server may close an idle one just when the next request is sent.
  const options = { method, headers, agent: false } as const
  const sent = request(`${url}${incoming.url}`, options, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(outgoing)
  })
  sent.on('error', () => outgoing.destroy())
  incoming.pipe(sent)
}
