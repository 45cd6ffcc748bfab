import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A webhook that a receiver got. */
export interface Received {
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly atMs: number
  // Tests read events freely; their shape is the contract's.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly event: any
}

/** The answer of a receiver. `hang`: none. */
export type ReceiverAnswer =
  | number
  | 'hang'
  | { status: number; headers?: Record<string, string>; body?: string }

/** A webhook receiver. */
export interface Receiver {
  readonly url: string
  /** All webhooks so far, in the order of their arrival. */
  readonly received: Received[]
  /** Highest number of requests that were open at once: not answered, and not closed by the sender. */
  openMost(): number
  /** Sets the answer to further webhooks. */
  answer(how: (received: Received) => ReceiverAnswer | Promise<ReceiverAnswer>): void
  close(): Promise<void>
}

/** Starts a webhook receiver, by default on a free port. It answers 200 until `answer` is called. */
export async function startReceiver(onPort = 0): Promise<Receiver> {
  const received: Received[] = []
  let how: (received: Received) => ReceiverAnswer | Promise<ReceiverAnswer> = () => 200
  let open = 0
  let openMost = 0
  const server = createServer((request, response) => {
    openMost = Math.max(openMost, ++open)
    response.once('close', () => open--)
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      void (async () => {
        const body = Buffer.concat(chunks).toString()
        const one = {
          headers: request.headers,
          body,
          atMs: performance.now(),
          event: JSON.parse(body) as unknown,
        }
        received.push(one)
        const answer = await how(one)
        if (answer === 'hang') return
        const {
          status,
          headers = {},
          body: text = '',
        } = typeof answer === 'number' ? { status: answer } : answer
        response.writeHead(status, headers).end(text)
      })()
    })
  })
  await new Promise<void>((resolve) => server.listen(onPort, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/hook`,
    received,
    openMost: () => openMost,
    answer(next) {
      how = next
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
