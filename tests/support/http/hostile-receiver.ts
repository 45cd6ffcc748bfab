import { type AddressInfo, createServer, type Socket } from 'node:net'

/** What a hostile receiver does with a connection after each whole request. */
export type Behavior = (socket: Socket) => void

/** A receiver on raw TCP, which can break every rule of HTTP. */
export interface HostileReceiver {
  readonly url: string
  readonly port: number
  /** Number of whole requests so far. */
  requests(): number
  /** Number of open connections. */
  open(): number
  /** Highest number of connections that were open at once. */
  openMost(): number
  /** Sets the behavior for further requests. */
  behave(how: Behavior): void
  close(): Promise<void>
}

/** Starts a receiver on a free port. It answers 200 until `behave` is called. */
export async function startHostileReceiver(): Promise<HostileReceiver> {
  let how: Behavior = answer('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')
  let requests = 0
  let openMost = 0
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    openMost = Math.max(openMost, sockets.size)
    socket.on('close', () => sockets.delete(socket))
    // The server under test may reset connections at any time.
    socket.on('error', () => undefined)
    let text = ''
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
      for (let length = lengthOf(text); length > 0; length = lengthOf(text)) {
        text = text.slice(length)
        requests++
        how(socket)
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/hook`,
    port,
    requests: () => requests,
    open: () => sockets.size,
    openMost: () => openMost,
    behave(next) {
      how = next
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** The length of the first whole request in a text; 0 if the text has none. */
function lengthOf(text: string): number {
  const headEnd = text.indexOf('\r\n\r\n')
  if (headEnd < 0) return 0
  const bodyLength = Number(/content-length: (\d+)/i.exec(text.slice(0, headEnd))?.[1] ?? 0)
  const length = headEnd + 4 + bodyLength
  return text.length >= length ? length : 0
}

/** Sends bytes and leaves the connection open. */
export function answer(bytes: string): Behavior {
  return (socket) => void socket.write(bytes)
}

/** Sends bytes, then closes the connection or resets it. */
export function answerAndClose(bytes: string, how: 'close' | 'reset' = 'close'): Behavior {
  return (socket) =>
    void socket.write(bytes, () => (how === 'close' ? socket.end() : socket.resetAndDestroy()))
}

/** Never answers. */
export const silence: Behavior = () => undefined

/** Sends the beginning, then one more piece every few milliseconds for as long as it can. */
export function trickle(begin: string, piece: string): Behavior {
  return (socket) => {
    socket.write(begin)
    const timer = setInterval(() => void socket.write(piece), 5)
    socket.on('close', () => clearInterval(timer))
  }
}

/** Sends the beginning, then pieces as fast as the other side takes them. */
export function flood(begin: string, piece: string): Behavior {
  return (socket) => {
    socket.write(begin)
    const pour = () => {
      while (!socket.destroyed && socket.write(piece));
    }
    socket.on('drain', pour)
    pour()
  }
}

/** Behaviors that make a client without a deadline wait for ever, or run out of memory. */
export const endless: readonly [what: string, how: Behavior][] = [
  ['never answers', silence],
  [
    'switches protocols',
    trickle('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n', 'x'),
  ],
  ['trickles informational responses', trickle('', 'HTTP/1.1 103 Early Hints\r\n\r\n')],
  ['trickles a header', trickle('HTTP/1.1 200 OK\r\nx: ', 'x')],
  ['trickles its body', trickle('HTTP/1.1 200 OK\r\ncontent-length: 999999\r\n\r\n', '{')],
  ['trickles the body of a refusal', trickle('HTTP/1.1 500 X\r\n\r\n', '{')],
  [
    'trickles chunks',
    trickle('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n', '1\r\n{\r\n'),
  ],
]
