import { Agent, type IncomingMessage, request } from 'node:http'
import { Readable } from 'node:stream'

/** Node's own agent may send requests to a proxy (NODE_USE_ENV_PROXY). This one is direct. */
const agent = new Agent({ keepAlive: true, scheduling: 'lifo', timeout: 5_000 })

/**
 * The part of `fetch` that the SDK uses, over `node:http`. jsdom has no `fetch`, and the one of Node
 * stops when a test replaces the timers of its process.
 */
export async function nodeFetch(url: string, init: RequestInit): Promise<Response> {
  const answer = await send(url, init)
  const answered = {
    status: answer.statusCode ?? 0,
    statusText: answer.statusMessage ?? '',
    ok: (answer.statusCode ?? 0) >= 200 && (answer.statusCode ?? 0) < 300,
    headers: new AnswerHeaders(answer),
    get body() {
      return Readable.toWeb(answer)
    },
    text: () => readText(answer),
    json: async () => JSON.parse(await readText(answer)) as unknown,
  }
  return answered as unknown as Response
}

function send(url: string, init: RequestInit): Promise<IncomingMessage> {
  const { method = 'GET', signal, body } = init
  return new Promise((resolve, reject) => {
    const headers = Object.fromEntries(entriesOf(init.headers))
    const sent = request(url, { agent, method, headers }, resolve)
    sent.once('error', reject)
    const abort = () => sent.destroy(new Error('the request was aborted'))
    if (signal?.aborted) abort()
    signal?.addEventListener('abort', abort, { once: true })
    sent.once('close', () => signal?.removeEventListener('abort', abort))
    sent.end(typeof body === 'string' ? body : undefined)
  })
}

function entriesOf(headers: RequestInit['headers']): [string, string][] {
  if (headers === undefined) return []
  const iterable = headers as Iterable<[string, string]>
  if (Symbol.iterator in headers) return [...iterable]
  return Object.entries(headers as Record<string, string>)
}

function readText(answer: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    answer.on('data', (chunk: Buffer) => chunks.push(chunk))
    answer.once('end', () => resolve(Buffer.concat(chunks).toString('utf8')))
    answer.once('error', reject)
  })
}

/** The headers of an answer. jsdom has no `Headers` that accepts all names. */
class AnswerHeaders {
  readonly #values: Map<string, string>

  constructor(answer: IncomingMessage) {
    this.#values = new Map(
      Object.entries(answer.headers).map(([name, value]) => [name, String(value)]),
    )
  }

  get(name: string): string | null {
    return this.#values.get(name.toLowerCase()) ?? null
  }

  has(name: string): boolean {
    return this.#values.has(name.toLowerCase())
  }

  forEach(call: (value: string, name: string) => void): void {
    for (const [name, value] of this.#values) call(value, name)
  }

  entries(): IterableIterator<[string, string]> {
    return this.#values.entries()
  }

  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.entries()
  }
}
