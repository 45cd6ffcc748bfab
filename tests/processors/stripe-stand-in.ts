import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parse } from 'qs'
import { type Answer, error, type Movement, StripeBooks } from './stripe-books.ts'

/**
 * The few endpoints of Stripe that the processor uses, as Stripe documents them: PaymentIntents with
 * manual capture, refunds, search, idempotency keys. It keeps books of what really moved, so that
 * tests can compare.
 */
export interface StripeStandIn {
  readonly url: string
  /** What moved, in order. */
  readonly movements: readonly Movement[]
  /** The id of the PaymentIntent that belongs to a payment. */
  intentOf(paymentId: string): string | undefined
  /** How many requests came, by method and path. */
  readonly requests: readonly string[]
  /** Does what the next request to a path asks for, and breaks the connection before it answers. */
  loseNextAnswer(path: RegExp): void
  /** Forgets every idempotency key, as Stripe does after a day, with the answer that is lost next. */
  loseNextAnswerAndKeys(path: RegExp): void
  /** Takes the next request to a path, does nothing and never answers. */
  hangNext(path: RegExp): void
  /** Answers the next request to a path with this status and error. */
  failNext(path: RegExp, status: number, error: Record<string, unknown>): void
  /** Does what is asked for, and garbles the answers to these paths, until it is told `null`. */
  garble(garbling: { path: RegExp; how: Garble } | null): void
  /** The customer finishes 3-D Secure of a payment. */
  finishAction(paymentId: string, passes: boolean): void
  /** Time goes by: what was captured before is settled now. */
  settleAll(): void
  /** Somebody captures or refunds by hand, in Stripe's dashboard. */
  captureByHand(paymentId: string): void
  stop(): Promise<void>
}

/** What comes instead of an honest answer: this text with status 200, or half of it and a cut. */
export type Garble = (honest: Readonly<Record<string, unknown>>) => string | { cut: string }

interface Fault {
  path: RegExp
  kind: 'lose' | 'lose keys' | 'hang' | 'fail'
  answer?: Answer
}

export async function startStripeStandIn(secretKey: string): Promise<StripeStandIn> {
  const books = new StripeBooks()
  const faults: Fault[] = []
  const requests: string[] = []
  let garbling: { path: RegExp; how: Garble } | null = null
  const first = new Map<string, { asked: string; answer: Answer }>()

  const server = createServer((request, response) => {
    void handle(request, response)
  })

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const text = Buffer.concat(chunks).toString()
    const url = new URL(request.url ?? '/', 'http://stripe')
    const line = `${request.method} ${url.pathname}`
    requests.push(line)
    const at = faults.findIndex(({ path }) => path.test(line))
    const [fault] = at < 0 ? [] : faults.splice(at, 1)
    if (fault?.kind === 'hang') return
    const answer = fault?.answer ?? answerOnce(request, url, text)
    if (fault?.kind === 'lose keys') first.clear()
    if (fault?.kind === 'lose' || fault?.kind === 'lose keys') {
      response.destroy()
      return
    }
    if (garbling?.path.test(line)) return sendGarbled(response, garbling.how(answer.body))
    response.writeHead(answer.status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(answer.body))
  }

  function answerOnce(request: IncomingMessage, url: URL, text: string): Answer {
    if (request.headers.authorization !== `Bearer ${secretKey}`) {
      return error(401, { message: 'Invalid API Key provided' })
    }
    const asked = `${request.method} ${url.pathname} ${text}`
    const key = String(request.headers['idempotency-key'] ?? '')
    const known = key === '' ? undefined : first.get(key)
    if (known && known.asked !== asked) {
      return error(400, { type: 'idempotency_error', message: 'Keys are for the same parameters.' })
    }
    const given = request.method === 'GET' ? url.search.slice(1) : text
    const answer = known?.answer ?? books.answer(`${request.method} ${url.pathname}`, parse(given))
    if (key !== '' && !known) first.set(key, { asked, answer })
    return answer
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    movements: books.movements,
    intentOf: (paymentId) => books.intentOf(paymentId),
    requests,
    loseNextAnswer: (path) => faults.push({ path, kind: 'lose' }),
    loseNextAnswerAndKeys: (path) => faults.push({ path, kind: 'lose keys' }),
    hangNext: (path) => faults.push({ path, kind: 'hang' }),
    failNext: (path, status, said) =>
      faults.push({ path, kind: 'fail', answer: error(status, said) }),
    garble: (given) => {
      garbling = given
    },
    finishAction: (paymentId, passes) => books.finishAction(paymentId, passes),
    settleAll: () => books.settleAll(),
    captureByHand: (paymentId) => books.captureByHand(paymentId),
    async stop() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

function sendGarbled(response: ServerResponse, garbled: string | { cut: string }): void {
  const text = typeof garbled === 'string' ? garbled : garbled.cut
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': text.length })
  if (typeof garbled === 'string') response.end(text)
  else response.write(text.slice(0, text.length / 2), () => response.destroy())
}
