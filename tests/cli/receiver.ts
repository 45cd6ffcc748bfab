import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'

/** A received webhook, byte for byte. */
export interface Received {
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  readonly event: { id: string; type: string; data: { id: string } }
}

/** A local server that records every webhook. */
export interface Receiver {
  readonly url: string
  readonly received: Received[]
  close(): Promise<void>
}

/**
 * Listens on `port`, by default on a free one. It answers with the result of `answer`, or breaks
 * the connection if that is `null`.
 */
export async function startReceiver(
  options: {
    port?: number
    answer?: (count: number) => number | null
    tls?: { key: string; cert: string }
  } = {},
): Promise<Receiver> {
  const received: Received[] = []
  const answerRequest: RequestListener = async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks)
    received.push({ headers: request.headers, body, event: JSON.parse(body.toString()) })
    const status = options.answer?.(received.length)
    if (status === null) {
      request.socket.destroy()
      return
    }
    response.statusCode = status ?? 200
    response.end()
  }
  const { tls } = options
  const server = tls ? createTlsServer(tls, answerRequest) : createServer(answerRequest)
  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}/webhooks`,
    received,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
