import { connect, type Socket } from 'node:net'
import type { FloodJob, FloodResult, Times } from './flood.ts'
import { idOf, numberAt } from './job.ts'

// An open load: a request is sent when it is due, not when the last one was answered. Clients that wait
// for an answer would slow down together with the server. If every connection is waiting when a request
// is due, the request is skipped and counted.

process.on('message', (job: FloodJob) => {
  run(job).then(
    (result) => process.send?.({ result }),
    (error: unknown) => process.send?.({ error: String(error) }),
  )
})

/** Interval between checks for due requests. */
const tickMs = 2
/** The server's `Retry-After`. */
const retryAfterMs = 1_000
/** Longest wait for the last answers. */
const drainMs = 10_000

async function run(job: FloodJob): Promise<FloodResult> {
  const flood = new Flood(job)
  await flood.open()
  return await flood.run()
}

interface Connection {
  readonly socket: Socket
  sentAt: number
  received: string
}

class Flood {
  readonly #job: FloodJob
  readonly #free: Connection[] = []
  readonly #times = new Map<number, number[]>()
  #due = 0
  #sent = 0
  #answered = 0
  #hungUp = 0

  constructor(job: FloodJob) {
    this.#job = job
  }

  async open(): Promise<void> {
    // In groups, because the server's backlog of connections to accept is short.
    const groupSize = 100
    for (let left = this.#job.connections; left > 0; left -= groupSize) {
      const group = Array.from({ length: Math.min(left, groupSize) }, () => this.#connect())
      await Promise.all(group)
    }
  }

  async run(): Promise<FloodResult> {
    const { durationMs, perSecond } = this.#job
    const startedAt = performance.now()
    for (let now = startedAt; now - startedAt < durationMs; now = performance.now()) {
      const due = Math.floor(((now - startedAt) * perSecond) / 1000)
      for (; this.#due < due; this.#due++) this.#send()
      await pause(tickMs)
    }
    const elapsedMs = performance.now() - startedAt
    const isOver = () => this.#answered + this.#hungUp >= this.#sent
    for (let waited = 0; !isOver() && waited < drainMs; waited += tickMs) await pause(tickMs)
    const byStatus = [...this.#times].map(([status, times]) => [status, timesOf(times)] as const)
    return {
      due: this.#due,
      sent: this.#sent,
      elapsedMs,
      byStatus: Object.fromEntries(byStatus),
      hungUp: this.#hungUp,
    }
  }

  #send(): void {
    const connection = this.#free.pop()
    if (!connection) return
    connection.sentAt = performance.now()
    connection.socket.write(this.#request(this.#sent++), 'latin1')
  }

  #request(i: number): string {
    const { request, numbers, port } = this.#job
    const n = numberAt(numbers, i % numbers.count)
    const fill = (text: string) =>
      text.replaceAll('{id}', idOf(request.idPrefix, n)).replaceAll('{n}', String(n))
    const body = fill(request.body ?? '')
    const head = [
      `${request.method} ${fill(request.path)} HTTP/1.1`,
      `host: 127.0.0.1:${port}`,
      ...Object.entries(request.headers).map(([name, value]) => `${name}: ${fill(value)}`),
      `content-length: ${Buffer.byteLength(body)}`,
    ]
    return `${head.join('\r\n')}\r\n\r\n${body}`
  }

  #connect(): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port: this.#job.port, noDelay: true })
      const connection: Connection = { socket, sentAt: 0, received: '' }
      socket.once('connect', () => {
        this.#free.push(connection)
        resolve()
      })
      socket.setEncoding('latin1')
      socket.on('data', (chunk) => this.#receive(connection, String(chunk)))
      socket.on('error', reject)
      socket.once('close', () => this.#hungUp++)
    })
  }

  #receive(connection: Connection, chunk: string): void {
    connection.received += chunk
    const end = connection.received.indexOf('\r\n\r\n')
    const length = /content-length: (\d+)/i.exec(end < 0 ? '' : connection.received)
    if (!length || connection.received.length < end + 4 + Number(length[1])) return
    const status = Number(connection.received.slice(9, 12))
    connection.received = ''
    const times = this.#times.get(status) ?? []
    times.push(performance.now() - connection.sentAt)
    this.#times.set(status, times)
    this.#answered++
    const isRefused = this.#job.isPatient && status === 503
    if (isRefused) setTimeout(() => this.#free.push(connection), retryAfterMs)
    else this.#free.push(connection)
  }
}

function timesOf(times: number[]): Times {
  const sorted = times.sort((a, b) => a - b)
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, (sorted.length * share) | 0)] ?? 0
  return { count: sorted.length, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: sorted.at(-1) ?? 0 }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
