import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parse } from 'qs'
import { type Answer, error } from './answers.ts'
import { type Movement, StripeBooks } from './books.ts'

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
  /** The idempotency keys of the requests to a path, in order. */
  keysTo(path: RegExp): string[]
  /** Breaks the connection of the next request to a path before it does anything. */
  cutNext(path: RegExp): void
  /** Does what the next request to a path asks for, and breaks the connection before it answers. */
  loseNextAnswer(path: RegExp): void
  /** Forgets every idempotency key, as Stripe does after a day, with the answer that is lost next. */
  loseNextAnswerAndKeys(path: RegExp): void
  /** Takes the next request to a path, does nothing and never answers. */
  hangNext(path: RegExp): void
  /** Answers the next request to a path with this status and error; 500 and more are kept by key. */
  failNext(path: RegExp, status: number, error: Record<string, unknown>): void
  /** Does what the next request to a path asks for, and says that it has failed. */
  failNextThoughDone(path: RegExp): void
  /** Does what is asked for, and garbles the answers to these paths, until it is told `null`. */
  garble(garbling: { path: RegExp; how: Garble } | null): void
  /** The customer finishes 3-D Secure of a payment. */
  finishAction(paymentId: string, passes: boolean): void
  /** A card that was declined before is approved after all, by a confirmation that came late. */
  authorizeLate(paymentId: string): void
  /** The bank sends back what was refunded. */
  failRefunds(paymentId: string): void
  /** The bank has paid out refunds that were pending. */
  completeRefunds(paymentId: string): void
  /** Time goes by: what was captured before is settled now. */
  settleAll(): void
  /** Somebody captures, cancels or refunds by hand, in Stripe's dashboard. */
  captureByHand(paymentId: string, amount?: number): void
  cancelByHand(paymentId: string): void
  refundByHand(paymentId: string, amount: number): void
  /** Until when the authorizations that come next can be captured; `null`: Stripe does not say. */
  keepAuthorizationsUntil(unixSeconds: number | null): void
  /** An authorization that nobody has captured in time. */
  lapse(paymentId: string): void
  stop(): Promise<void>
}

/** What comes instead of an honest answer: this text with status 200, or half of it and a cut. */
export type Garble = (honest: Readonly<Record<string, unknown>>) => string | { cut: string }

interface Fault {
  path: RegExp
  kind: 'lose' | 'lose keys' | 'hang' | 'cut' | 'fail' | 'fail though done'
  answer?: Answer
}

export async function startStripeStandIn(secretKey: string): Promise<StripeStandIn> {
  const books = new StripeBooks()
  const faults: Fault[] = []
  const requests: string[] = []
  const keys: { line: string; key: string }[] = []
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
    keys.push({ line, key: keyOf(request) })
    const at = faults.findIndex(({ path }) => path.test(line))
    const [fault] = at < 0 ? [] : faults.splice(at, 1)
    if (fault?.kind === 'hang') return
    if (fault?.kind === 'cut') return void response.destroy()
    const { answer, isReplayed } = answerOnce(request, { url, text, fault })
    if (fault?.kind === 'lose keys') first.clear()
    if (fault?.kind === 'lose' || fault?.kind === 'lose keys') {
      response.destroy()
      return
    }
    if (garbling?.path.test(line)) return sendGarbled(response, garbling.how(answer.body))
    response.writeHead(answer.status, {
      'content-type': 'application/json',
      ...(isReplayed ? { 'idempotent-replayed': 'true' } : {}),
    })
    response.end(JSON.stringify(answer.body))
  }

  /** The first answer to a key is repeated, a failure of Stripe's own too; what was not begun, not. */
  function answerOnce(
    request: IncomingMessage,
    { url, text, fault }: { url: URL; text: string; fault: Fault | undefined },
  ): { answer: Answer; isReplayed?: boolean } {
    const failure = fault?.answer
    if (failure && failure.status < 500) return { answer: failure }
    if (request.headers.authorization !== `Bearer ${secretKey}`) {
      return { answer: error(401, { message: 'Invalid API Key provided' }) }
    }
    const asked = `${request.method} ${url.pathname} ${text}`
    const key = keyOf(request)
    const known = key === '' ? undefined : first.get(key)
    if (known && known.asked !== asked) {
      const message = 'Keys are for the same parameters.'
      return { answer: error(400, { type: 'idempotency_error', message }) }
    }
    if (known) return { answer: known.answer, isReplayed: true }
    const given = request.method === 'GET' ? url.search.slice(1) : text
    const isDone = fault?.kind !== 'fail'
    const done = isDone
      ? books.answer(`${request.method} ${url.pathname}`, parse(given))
      : ownFailure
    const answer = failure ?? done
    if (key !== '') first.set(key, { asked, answer })
    return { answer }
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    movements: books.movements,
    intentOf: (paymentId) => books.intentOf(paymentId),
    requests,
    keysTo: (path) => keys.filter(({ line }) => path.test(line)).map(({ key }) => key),
    cutNext: (path) => faults.push({ path, kind: 'cut' }),
    failNextThoughDone: (path) =>
      faults.push({ path, kind: 'fail though done', answer: ownFailure }),
    loseNextAnswer: (path) => faults.push({ path, kind: 'lose' }),
    loseNextAnswerAndKeys: (path) => faults.push({ path, kind: 'lose keys' }),
    hangNext: (path) => faults.push({ path, kind: 'hang' }),
    failNext: (path, status, said) =>
      faults.push({ path, kind: 'fail', answer: error(status, said) }),
    garble: (given) => {
      garbling = given
    },
    finishAction: (paymentId, passes) => books.finishAction(paymentId, passes),
    authorizeLate: (paymentId) => books.authorizeLate(paymentId),
    failRefunds: (paymentId) => books.decideRefunds(paymentId, 'failed'),
    completeRefunds: (paymentId) => books.decideRefunds(paymentId, 'succeeded'),
    settleAll: () => books.settleAll(),
    captureByHand: (paymentId, amount) => books.captureByHand(paymentId, amount),
    keepAuthorizationsUntil: (unixSeconds) => {
      books.captureBefore = unixSeconds
    },
    lapse: (paymentId) => books.lapse(paymentId),
    cancelByHand: (paymentId) => books.cancelByHand(paymentId),
    refundByHand: (paymentId, amount) => books.refundByHand(paymentId, amount),
    async stop() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

const ownFailure = error(500, { type: 'api_error', message: 'Something went wrong.' })

function keyOf(request: IncomingMessage): string {
  return String(request.headers['idempotency-key'] ?? '')
}

function sendGarbled(response: ServerResponse, garbled: string | { cut: string }): void {
  const text = typeof garbled === 'string' ? garbled : garbled.cut
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': text.length })
  if (typeof garbled === 'string') response.end(text)
  else response.write(text.slice(0, text.length / 2), () => response.destroy())
}
