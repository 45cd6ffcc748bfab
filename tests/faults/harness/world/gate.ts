import { type AddressInfo, connect, createServer, type NetConnectOpts, type Socket } from 'node:net'

/** A TCP proxy between one server and PostgreSQL, which can break or delay connections. */
export interface Gate {
  readonly port: number
  /** Closes every connection. New connections are accepted. */
  cut(): void
  /** Closes every connection, and resets each new one, until `open`. */
  shut(): void
  /** Buffers all data in both directions, until `open`. */
  stall(): void
  /** Stalls at the next statement that matches, and buffers it too. Resolves when it has arrived. */
  stallBefore(statement: RegExp): Promise<void>
  /** Delays all data in both directions, in milliseconds, until `open`. */
  delay(ms: number): void
  /** Ends `shut`, `stall` and `delay`, and passes on the buffered data. */
  open(): void
  close(): Promise<void>
}

type State = { readonly kind: 'open' | 'shut' | 'stalled' } | { kind: 'delayed'; ms: number }

/** Opens a gate on a free port of 127.0.0.1 to PostgreSQL. */
export async function openGate(target: NetConnectOpts): Promise<Gate> {
  let state: State = { kind: 'open' }
  const sockets = new Set<Socket>()
  const stalled = new Set<() => void>()
  let trap: { readonly statement: RegExp; readonly reached: () => void } | null = null

  const pass = (from: Socket, to: Socket, isRequest: boolean): void => {
    let last: Promise<void> = Promise.resolve()
    from.on('data', (chunk: Buffer) => {
      if (isRequest && trap?.statement.test(chunk.toString('latin1'))) {
        state = { kind: 'stalled' }
        trap.reached()
        trap = null
      }
      const due = wait(state, stalled)
      // Keeps the order of the chunks, also if the state has changed between them.
      last = last.then(() => due).then(() => void to.write(chunk))
    })
    from.on('end', () => {
      last = last.then(() => void to.end())
    })
  }

  const server = createServer({ allowHalfOpen: true }, (client) => {
    if (state.kind === 'shut') return void client.resetAndDestroy()
    const upstream = connect({ ...target, allowHalfOpen: true })
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
      pass(socket, other, socket === client)
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  const open = () => {
    trap = null
    state = { kind: 'open' }
    for (const goOn of stalled) goOn()
    stalled.clear()
  }
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    shut() {
      state = { kind: 'shut' }
      cut()
    },
    stall() {
      state = { kind: 'stalled' }
    },
    stallBefore(statement) {
      return new Promise((reached) => {
        trap = { statement, reached }
      })
    },
    delay(ms) {
      state = { kind: 'delayed', ms }
    },
    open,
    async close() {
      open()
      cut()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** The delay of a chunk that arrives in a state. */
function wait(state: State, stalled: Set<() => void>): Promise<void> | undefined {
  switch (state.kind) {
    case 'open':
    case 'shut':
      return undefined
    case 'stalled':
      return new Promise((resolve) => stalled.add(resolve))
    case 'delayed': {
      const { ms } = state
      return new Promise((resolve) => setTimeout(resolve, ms))
    }
  }
}
