import { connect, type Socket } from 'node:net'
import type { FloodJob, FloodResult, Times } from './machinery/flood.ts'
import { idOf, numberAt } from './machinery/job.ts'

// An open load: requests are sent when they are due, and not when the last one was answered. So a
// server that is too slow is not spared, as it is by clients that wait for it. A request that finds
// every connection waiting is left out and counted.

process.on('message', (job: FloodJob) => {
  run(job).then(
    (result) => process.send?.({ result }),
    (error: unknown) => process.send?.({ error: String(error) }),
  )
})

/** How often it is looked what is due. */
const tickMs = 2
/** What a refusal asks for. */
const retryAfterMs = 1_000
/** What is on its way at the end is waited for so long. */
const lastMs = 10_000

async function run(job: FloodJob): Promise<FloodResult> {
  const flood = new Flood(job)
  await flood.open()
  return await flood.run()
}

interface Lane {
  readonly socket: Socket
  sentAt: number
  received: string
}

class Flood {
  readonly #job: FloodJob
  readonly #free: Lane[] = []
  readonly #times = new Map<number, number[]>()
  #due = 0
  #sent = 0
  #answered = 0
  #hungUp = 0

  constructor(job: FloodJob) {
    this.#job = job
  }

  async open(): Promise<void> {
    // Some at a time: the queue of connections that wait to be accepted is short.
    const atOnce = 100
    for (let left = this.#job.connections; left > 0; left -= atOnce) {
      const some = Array.from({ length: Math.min(left, atOnce) }, () => this.#connect())
      await Promise.all(some)
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
    for (let waited = 0; !isOver() && waited < lastMs; waited += tickMs) await pause(tickMs)
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
    const lane = this.#free.pop()
    if (!lane) return
    lane.sentAt = performance.now()
    lane.socket.write(this.#request(this.#sent++), 'latin1')
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
      const lane: Lane = { socket, sentAt: 0, received: '' }
      socket.once('connect', () => {
        this.#free.push(lane)
        resolve()
      })
      socket.setEncoding('latin1')
      socket.on('data', (chunk) => this.#receive(lane, String(chunk)))
      socket.on('error', reject)
      socket.once('close', () => this.#hungUp++)
    })
  }

  #receive(lane: Lane, chunk: string): void {
    lane.received += chunk
    const end = lane.received.indexOf('\r\n\r\n')
    const length = /content-length: (\d+)/i.exec(end < 0 ? '' : lane.received)
    if (!length || lane.received.length < end + 4 + Number(length[1])) return
    const status = Number(lane.received.slice(9, 12))
    lane.received = ''
    const times = this.#times.get(status) ?? []
    times.push(performance.now() - lane.sentAt)
    this.#times.set(status, times)
    this.#answered++
    const isRefused = this.#job.isPatient && status === 503
    if (isRefused) setTimeout(() => this.#free.push(lane), retryAfterMs)
    else this.#free.push(lane)
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
