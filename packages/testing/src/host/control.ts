import { randomBytes, timingSafeEqual } from 'node:crypto'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { Address } from './address.ts'
import type { HostState } from './connection.ts'

/**
 * How long a host without clients goes on. Test runners start a process for each file, and the next one
 * may take seconds to compile its file.
 */
const lingerMs = 5_000
/** How long a host waits for its first client: the process that started it may have been killed. */
const firstClientMs = 30_000
/** More than a token, and less than a request of HTTP that lost its way. */
const greetingBytesMax = 200

/** The side of a host that its clients connect to. */
export class Control {
  readonly address: Address
  readonly #server: Server
  readonly #clients = new Set<Socket>()
  readonly #onIdle: () => void
  #state: HostState = { state: 'starting' }
  #timer: NodeJS.Timeout

  private constructor(server: Server, onIdle: () => void) {
    const token = randomBytes(24).toString('hex')
    this.address = { port: (server.address() as AddressInfo).port, token }
    this.#server = server
    this.#onIdle = onIdle
    this.#timer = setTimeout(onIdle, firstClientMs)
    server.on('connection', (socket) => this.#greet(socket))
  }

  /** @param onIdle called when the last client has been gone for a while. */
  static async open(onIdle: () => void): Promise<Control> {
    const server = createServer()
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(0, '127.0.0.1', resolve)
    })
    return new Control(server, onIdle)
  }

  /** Tells the state to all clients, also to later ones. */
  announce(state: HostState): void {
    this.#state = state
    for (const client of this.#clients) tell(client, state)
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#server.close()
    for (const client of this.#clients) client.destroy()
  }

  /** A client is who knows the token. */
  #greet(socket: Socket): void {
    let text = ''
    socket.on('error', () => undefined)
    socket.setTimeout(lingerMs, () => socket.destroy())
    const read = (chunk: Buffer) => {
      text += chunk.toString('latin1')
      if (text.length > greetingBytesMax) socket.destroy()
      if (!text.endsWith('\n')) return
      socket.off('data', read)
      if (isEqual(text.trimEnd(), this.address.token)) this.#admit(socket)
      else socket.destroy()
    }
    socket.on('data', read)
  }

  #admit(socket: Socket): void {
    socket.setTimeout(0)
    socket.resume()
    clearTimeout(this.#timer)
    this.#clients.add(socket)
    tell(socket, this.#state)
    socket.once('close', () => {
      this.#clients.delete(socket)
      if (this.#clients.size > 0) return
      clearTimeout(this.#timer)
      this.#timer = setTimeout(this.#onIdle, lingerMs)
    })
  }
}

function tell(socket: Socket, state: HostState): void {
  socket.write(`${JSON.stringify(state)}\n`)
}

function isEqual(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}
