import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import type { Address } from './address.ts'

/** What a host tells its clients, one line of JSON each. */
export type HostState =
  | { readonly state: 'starting' }
  | { readonly state: 'ready'; readonly url: string; readonly apiSecret: string }
  | { readonly state: 'failed'; readonly message: string }

/** A host that does not greet a client for so long is stopped or hangs. */
const greetingTimeoutMs = 10_000

/** A client's connection. While it is open, the host keeps running. */
export interface Connection {
  /** The server; `undefined`: the host has ended. @throws {Error} if the server cannot start. */
  ready(): Promise<{ url: string; apiSecret: string } | undefined>
  /** Calls back when the connection is closed, from either side. */
  onEnd(callback: () => void): void
  close(): void
}

/** Connects to a host; `undefined`: nobody listens there, or not the host of this address. */
export async function reach(address: Address): Promise<Connection | undefined> {
  const socket = connect({ host: '127.0.0.1', port: address.port })
  // Kills of clients close the connection. Errors end the lines below.
  socket.on('error', () => undefined)
  socket.setTimeout(greetingTimeoutMs, () => socket.destroy())
  socket.write(`${address.token}\n`)
  const states = readStates(socket)
  const first = await states.next()
  if (first.done) {
    socket.destroy()
    return undefined
  }
  socket.setTimeout(0)
  let state = first.value
  return {
    onEnd: (callback) => {
      if (socket.closed) callback()
      else socket.once('close', callback)
    },
    close: () => socket.destroy(),
    async ready() {
      while (state.state === 'starting') {
        const next = await states.next()
        if (next.done) return undefined
        state = next.value
      }
      // It only keeps the host alive, not this process.
      socket.unref()
      if (state.state === 'ready') return state
      socket.destroy()
      throw new Error(`startSandbox: the server did not start. ${state.message}`)
    },
  }
}

async function* readStates(socket: Socket): AsyncGenerator<HostState, void> {
  const lines = createInterface({ input: socket, crlfDelay: Number.POSITIVE_INFINITY })
  // A socket that fails does not end its lines.
  socket.once('close', () => lines.close())
  try {
    for await (const line of lines) {
      const state = parse(line)
      if (!state) return
      yield state
    }
  } catch {
    // Some versions of Node pass an error of the socket on: nobody listens there, as after a kill.
  }
}

/** Another program may listen on the port of a host that was killed. */
function parse(line: string): HostState | undefined {
  try {
    const state = JSON.parse(line) as Partial<HostState> | null
    const isKnown = ['starting', 'ready', 'failed'].includes(state?.state ?? '')
    return isKnown ? (state as HostState) : undefined
  } catch {
    return undefined
  }
}
