import { connect, type Socket } from 'node:net'
import { idOf, type LoadJob, type LoadResult, numberAt } from './job.ts'

// The load client: keep-alive sockets with one request at a time on each. Requests are built before the
// clock starts. On one busy machine autocannon took 78 to 90 µs of processor time per request, its start
// included, and this client 25 to 34 µs.

process.on('message', (job: LoadJob) => {
  run(job).then(
    (result) => process.send?.({ result }),
    (error: unknown) => process.send?.({ error: String(error) }),
  )
})

async function run(job: LoadJob): Promise<LoadResult> {
  const requests = prepare(job)
  const round = new Round(requests, job.durationMs)
  const sockets = await Promise.all(
    Array.from({ length: job.connections }, () => open(job.port, round)),
  )
  const before = process.cpuUsage()
  const result = await round.run(sockets)
  const { user, system } = process.cpuUsage(before)
  for (const socket of sockets) socket.destroy()
  return { ...result, clientMicrosPerRequest: (user + system) / Math.max(1, result.requests) }
}

function prepare({ request, numbers, port }: LoadJob): string[] {
  const { method, path, headers, body, idPrefix, ids, keys } = request
  const head = [
    `${method} ${path} HTTP/1.1`,
    `host: 127.0.0.1:${port}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ].join('\r\n')
  return Array.from({ length: numbers.count }, (_, i) => {
    const n = numberAt(numbers, i)
    const id = ids ? (ids[n] ?? '') : idOf(idPrefix, n)
    const key = keys?.[n % keys.length] ?? ''
    const fill = (text: string) =>
      text.replaceAll('{id}', id).replaceAll('{n}', String(n)).replaceAll('{key}', key)
    if (body === null) return `${fill(head)}\r\n\r\n`
    const filled = fill(body)
    return `${fill(head)}\r\ncontent-length: ${Buffer.byteLength(filled)}\r\n\r\n${filled}`
  })
}

/** The state of one socket. */
interface Connection {
  socket: Socket
  sentAt: number
  status: number
  /** Bytes of the current answer that have not arrived. */
  missing: number
  pending: Buffer | null
}

class Round {
  readonly #requests: string[]
  readonly #durationMs: number
  readonly #latencies: Float64Array
  readonly #statuses = new Map<number, number>()
  #next = 0
  #answered = 0
  #busy = 0
  #startedAt = 0
  #endedAt = 0
  #firstFailure: string | null = null
  #done: () => void = () => undefined
  #failed: (error: Error) => void = () => undefined

  constructor(requests: string[], durationMs: number) {
    this.#requests = requests
    this.#durationMs = durationMs
    this.#latencies = new Float64Array(requests.length)
  }

  async run(sockets: Socket[]): Promise<Omit<LoadResult, 'clientMicrosPerRequest'>> {
    const finished = new Promise<void>((resolve, reject) => {
      this.#done = resolve
      this.#failed = reject
    })
    this.#startedAt = performance.now()
    this.#busy = sockets.length
    for (const socket of sockets) this.#send(connections.get(socket) as Connection)
    await finished
    const sorted = this.#latencies.subarray(0, this.#answered).sort()
    const at = (share: number) => sorted[Math.min(sorted.length - 1, (sorted.length * share) | 0)]
    const elapsedMs = this.#endedAt - this.#startedAt
    return {
      statuses: Object.fromEntries(this.#statuses),
      requests: this.#answered,
      elapsedMs,
      perSecond: (this.#answered / elapsedMs) * 1000,
      p50Ms: at(0.5) ?? 0,
      p90Ms: at(0.9) ?? 0,
      p99Ms: at(0.99) ?? 0,
      maxMs: sorted.at(-1) ?? 0,
      ranOut: this.#next >= this.#requests.length,
      firstFailure: this.#firstFailure,
    }
  }

  fail(error: Error): void {
    this.#failed(error)
  }

  receive(connection: Connection, chunk: Buffer): void {
    if (connection.missing > 0) {
      connection.missing -= chunk.length
    } else {
      // Almost every answer arrives in one chunk, so only an incomplete head is buffered.
      const bytes = connection.pending ? Buffer.concat([connection.pending, chunk]) : chunk
      const head = bytes.toString('latin1', 0, Math.min(bytes.length, 1024))
      const end = head.indexOf('\r\n\r\n')
      const length = /content-length: (\d+)/i.exec(end < 0 ? '' : head)
      if (end < 0 || !length) {
        if (end >= 0) this.#failed(new Error(`an answer without content-length: ${head}`))
        connection.pending = Buffer.from(bytes)
        return
      }
      connection.pending = null
      connection.status = Number(head.slice(9, 12))
      connection.missing = end + 4 + Number(length[1]) - bytes.length
      if (connection.status >= 300) this.#firstFailure ??= bytes.toString('latin1', end + 4)
    }
    if (connection.missing === 0) this.#answer(connection)
    if (connection.missing < 0)
      this.#failed(new Error('the server sent more bytes than its content-length'))
  }

  #answer(connection: Connection): void {
    const now = performance.now()
    this.#latencies[this.#answered++] = now - connection.sentAt
    this.#statuses.set(connection.status, (this.#statuses.get(connection.status) ?? 0) + 1)
    if (this.#next < this.#requests.length && now - this.#startedAt < this.#durationMs) {
      this.#send(connection)
      return
    }
    this.#busy--
    if (this.#busy > 0) return
    this.#endedAt = now
    this.#done()
  }

  #send(connection: Connection): void {
    connection.sentAt = performance.now()
    connection.socket.write(this.#requests[this.#next++] ?? '', 'latin1')
  }
}

const connections = new WeakMap<Socket, Connection>()

function open(port: number, round: Round): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const buffer = Buffer.allocUnsafe(64 * 1024)
    const socket = connect({
      host: '127.0.0.1',
      port,
      noDelay: true,
      onread: {
        buffer,
        callback(size: number) {
          round.receive(connection, buffer.subarray(0, size))
          return true
        },
      },
    })
    const connection: Connection = { socket, sentAt: 0, status: 0, missing: 0, pending: null }
    connections.set(socket, connection)
    socket.once('connect', () => resolve(socket))
    socket.once('error', (error) => {
      reject(error)
      round.fail(error)
    })
    socket.once('end', () => round.fail(new Error('the server closed a connection')))
  })
}
