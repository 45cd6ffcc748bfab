import { type AddressInfo, createServer, type Socket } from 'node:net'
import pg from 'pg'

/** How long a connection keeps its session of PostgreSQL: to its end, or for a transaction. */
export type PoolMode = 'session' | 'transaction'

/** A pooler as PgBouncer is: many connections share few sessions of PostgreSQL. */
export interface Pooler {
  /** The address of the database, through the pooler. */
  readonly url: string
  /** Changes the mode for connections that open from now on. */
  setMode(mode: PoolMode): void
  /** Closes every connection of clients. */
  cut(): void
  close(): Promise<void>
}

/** A session of PostgreSQL, that of one client or free. */
interface Upstream {
  readonly socket: Socket
  client: Client | null
  /** Requests whose end PostgreSQL has not reported. */
  unanswered: number
}

interface Client {
  readonly socket: Socket
  readonly mode: PoolMode
  /** Messages that wait for a session. */
  pending: Buffer[]
  upstream: Upstream | null
}

const protocolVersion = 196_608
const sslRequest = 80_877_103

/**
 * Opens a pooler on a free port with at most `sessionsMax` sessions. Like PgBouncer it refuses settings
 * in `options`, invents the key of each connection, gives the session that was used last to the next
 * client, and resets a session only where the mode is `session`. It asks for no password.
 */
export async function openPooler(given: {
  target: string
  mode: PoolMode
  sessionsMax: number
}): Promise<Pooler> {
  let { mode } = given
  const clients = new Set<Client>()
  const free: Upstream[] = []
  const all: Upstream[] = []
  const queue: Client[] = []
  let opening = 0

  const assign = () => {
    while (queue.length > 0) {
      const upstream = free.pop()
      if (!upstream) break
      const client = queue.shift()
      if (!client) break
      upstream.client = client
      client.upstream = upstream
      for (const message of client.pending.splice(0)) forward(upstream, message)
    }
    if (queue.length > opening && all.length + opening < given.sessionsMax) {
      opening++
      void openUpstream(given.target, answered).then((upstream) => {
        opening--
        all.push(upstream)
        free.push(upstream)
        assign()
      })
    }
  }

  const release = (upstream: Upstream) => {
    if (upstream.client) upstream.client.upstream = null
    upstream.client = null
    free.push(upstream)
    assign()
  }

  const answered = (upstream: Upstream, message: Buffer) => {
    const { client } = upstream
    client?.socket.write(message)
    if (message[0] !== code('Z')) return
    upstream.unanswered--
    const isIdle = message[5] === code('I') && upstream.unanswered === 0
    if (isIdle && client?.mode !== 'session') release(upstream)
  }

  const received = (client: Client, message: Buffer) => {
    if (message[0] === code('X')) return void client.socket.end()
    if (client.upstream) return forward(client.upstream, message)
    if (client.pending.length === 0) queue.push(client)
    client.pending.push(message)
    assign()
  }

  const leave = (client: Client) => {
    clients.delete(client)
    if (queue.includes(client)) queue.splice(queue.indexOf(client), 1)
    const { upstream } = client
    if (!upstream) return
    upstream.client = null
    // The answers go nowhere, and the last one frees the session.
    forward(upstream, simpleQuery('rollback'))
    if (client.mode === 'session') forward(upstream, simpleQuery('discard all'))
  }

  const server = createServer((socket) => {
    const client: Client = { socket, mode, pending: [], upstream: null }
    clients.add(client)
    socket.on('error', () => undefined)
    socket.on('close', () => leave(client))
    let hasStarted = false
    readMessages(
      socket,
      () => hasStarted,
      (message) => {
        if (hasStarted) return received(client, message)
        hasStarted = start(socket, message)
      },
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

  const cut = () => {
    for (const { socket } of clients) socket.destroy()
  }
  const url = new URL(given.target)
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  url.search = ''
  return {
    url: url.href,
    cut,
    setMode: (next) => {
      mode = next
    },
    async close() {
      cut()
      for (const { socket } of all) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const code = (letter: string) => letter.charCodeAt(0)

/** Answers the first message of a client. Returns whether the connection has started. */
function start(socket: Socket, message: Buffer): boolean {
  const version = message.readInt32BE(4)
  if (version === sslRequest) return !socket.write('N')
  if (version !== protocolVersion) {
    socket.destroy()
    return false
  }
  const parameters = message.toString('utf8', 8).split('\0')
  if (parameters.some((name, n) => n % 2 === 0 && name === 'options')) {
    const text = 'unsupported startup parameter: options'
    socket.end(framed('E', Buffer.from(`SFATAL\0VFATAL\0C08P01\0M${text}\0\0`)))
    return false
  }
  const key = Buffer.alloc(8)
  key.writeInt32BE(1 + Math.floor(Math.random() * 1e9), 0)
  socket.write(Buffer.concat([framed('R', Buffer.alloc(4)), framed('K', key), ready]))
  return true
}

const ready = framed('Z', Buffer.from('I'))

function framed(type: string, body: Buffer): Buffer {
  const head = Buffer.from([code(type), 0, 0, 0, 0])
  head.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}

const simpleQuery = (text: string) => framed('Q', Buffer.from(`${text}\0`))

function forward(upstream: Upstream, message: Buffer): void {
  if (message[0] === code('Q') || message[0] === code('S')) upstream.unanswered++
  upstream.socket.write(message)
}

/** Opens a session. The driver signs in, and then leaves its socket to the pooler. */
async function openUpstream(
  url: string,
  answered: (upstream: Upstream, message: Buffer) => void,
): Promise<Upstream> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  const { stream: socket } = (client as unknown as { connection: { stream: Socket } }).connection
  socket.removeAllListeners('data')
  const upstream: Upstream = { socket, client: null, unanswered: 0 }
  socket.on('close', () => upstream.client?.socket.destroy())
  readMessages(
    socket,
    () => true,
    (message) => answered(upstream, message),
  )
  return upstream
}

/** Calls `each` for every whole message. The first ones of a client have no type. */
function readMessages(
  socket: Socket,
  hasType: () => boolean,
  each: (message: Buffer) => void,
): void {
  let rest = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk])
    for (;;) {
      const head = hasType() ? 1 : 0
      if (rest.length < head + 4) return
      const length = head + rest.readInt32BE(head)
      if (rest.length < length) return
      const message = rest.subarray(0, length)
      rest = rest.subarray(length)
      each(message)
    }
  })
}
