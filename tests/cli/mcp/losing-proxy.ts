import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A proxy that can lose a server's answers to changes after the server has made them. */
export interface LosingProxy {
  readonly url: string
  /** If true, the proxy closes the connection instead of sending the server's answer to a POST. */
  isLosing: boolean
  /** The number of lost answers. */
  lost: number
  close(): Promise<void>
}

/** Starts a proxy on a free port of this machine. */
export async function startLosingProxy(target: string): Promise<LosingProxy> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks)
    const names = ['authorization', 'content-type', 'idempotency-key', 'if-match'] as const
    const headers = names.flatMap((name) => {
      const value = request.headers[name]
      return value === undefined ? [] : [[name, value] as [string, string]]
    })
    const method = request.method ?? 'GET'
    const answer = await fetch(`${target}${request.url}`, {
      method,
      headers,
      ...(method === 'POST' ? { body } : {}),
    })
    const text = await answer.text()
    if (proxy.isLosing && method === 'POST') {
      proxy.lost++
      response.socket?.destroy()
      return
    }
    const passed = ['content-type', 'etag', 'idempotent-replayed', 'x-request-id'].flatMap(
      (name) => {
        const value = answer.headers.get(name)
        return value === null ? [] : [[name, value] as const]
      },
    )
    response.writeHead(answer.status, Object.fromEntries(passed)).end(text)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const proxy: LosingProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    isLosing: false,
    lost: 0,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  return proxy
}
