import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parse } from 'qs'
import { type Answer, error } from './answers.ts'
import { type Movement, StripeBooks } from './books.ts'
import type { GivenDispute } from './disputes.ts'

/**
 * The few endpoints of Stripe that the processor uses, as Stripe documents them: PaymentIntents with
 * manual capture, refunds, search, idempotency keys. Its books show the real movements of money.
 */
export interface StripeStandIn {
  readonly url: string
  /** The movements of money, in order. */
  readonly movements: readonly Movement[]
  /** The movements of a payment, also of a second PaymentIntent. */
  movementsOf(paymentId: string): readonly Movement[]
  /** The id of the PaymentIntent that belongs to a payment. */
  intentOf(paymentId: string): string | undefined
  /** The received requests, as method and path. */
  readonly requests: readonly string[]
  /** The parameters of the requests to a path, in order. */
  queriesTo(path: RegExp): URLSearchParams[]
  /** The idempotency keys of the requests to a path, in order. */
  keysTo(path: RegExp): string[]
  /** Closes the connection of the next request to a path without an effect. */
  cutNext(path: RegExp): void
  /** Carries out the next request to a path, and closes the connection before the answer. */
  loseNextAnswer(path: RegExp): void
  /** Like `loseNextAnswer`, and deletes every idempotency key, as Stripe does after a day. */
  loseNextAnswerAndKeys(path: RegExp): void
  /** Accepts the next request to a path without an effect, and never answers. */
  hangNext(path: RegExp): void
  /** Answers the next request to a path with this status and error. Answers from 500 up are stored by key. */
  failNext(path: RegExp, status: number, error: Record<string, unknown>): void
  /** Refuses the next request to a path, and stores the refusal by its key, as Stripe does once it has begun. */
  refuseNext(path: RegExp, status: number, error: Record<string, unknown>): void
  /** Carries out the next request to a path, and answers with a failure. */
  failNextThoughDone(path: RegExp): void
  /** Forgets the faults above that no request has met. */
  forgetFaults(): void
  /** Carries out the requests to a path, and garbles the answers, until it is called with `null`. */
  garble(garbling: { path: RegExp; how: Garble } | null): void
  /** Completes 3-D Secure of a payment, as the customer does. */
  finishAction(paymentId: string, passes: boolean): void
  /** Approves a declined card by a late confirmation. */
  authorizeLate(paymentId: string): void
  /**
   * Makes the refunds of a payment fail, as if the bank returned them: all, or only those that were made
   * by hand, or only the others.
   */
  failRefunds(paymentId: string, which?: { byHand: boolean }): void
  /** Completes pending refunds. */
  completeRefunds(paymentId: string): void
  completeAllRefunds(): void
  /** Reports all money as settled, as Stripe does after some days. */
  settleAll(): void
  /** Captures, cancels or refunds manually, as a merchant does in Stripe's dashboard. */
  captureByHand(paymentId: string, amount?: number): void
  /** The same of a part, and leaves the rest authorized. */
  capturePart(paymentId: string, amount: number): void
  cancelByHand(paymentId: string): void
  refundByHand(paymentId: string, amount?: number, status?: 'pending'): void
  /** The money of a payment that the merchant still has: the captured amount without refunds. */
  keptOf(paymentId: string): number
  /** A customer disputes a captured payment. Returns the id of the dispute. */
  dispute(paymentId: string, given?: GivenDispute): string
  /** The bank decides about a debit: by its account, or it returns the debit for this reason. */
  decideDebit(paymentId: string, failure?: string): void
  decideAllDebits(): void
  /** How long the debits that come next take; `null`: until they are decided by hand. */
  letDebitsTake(ms: number | null): void
  /** The bank returns a debit that has succeeded. Returns the id of the dispute, which is lost. */
  returnDebit(paymentId: string, reason?: string): string
  /** The acceptance of the mandate that was sent with the debit of a payment. */
  mandateOf(paymentId: string): unknown
  /** The bank, or the merchant's evidence, changes the status of a dispute. */
  changeDispute(id: string, status: string): void
  /** Stripe returns a part of a lost dispute. */
  reinstate(disputeId: string, amount: number): void
  /** The payment methods that the account has activated. */
  activate(methods: readonly string[]): void
  /** Until when the authorizations that come next can be captured; `null`: Stripe does not say. */
  keepAuthorizationsUntil(unixSeconds: number | null): void
  /** An authorization that nobody has captured in time. */
  lapse(paymentId: string): void
  stop(): Promise<void>
}

/** Replaces a correct answer: by a text with status 200, or by half of a text and a lost connection. */
export type Garble = (honest: Readonly<Record<string, unknown>>) => string | { cut: string }

interface Fault {
  path: RegExp
  kind: 'lose' | 'lose keys' | 'hang' | 'cut' | 'fail' | 'fail though done' | 'refuse'
  answer?: Answer
}

export async function startStripeStandIn(secretKey: string): Promise<StripeStandIn> {
  const books = new StripeBooks()
  const faults: Fault[] = []
  const requests: string[] = []
  const queries: { line: string; query: URLSearchParams }[] = []
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
    queries.push({ line, query: url.searchParams })
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

  /** Repeats the first answer to a key, also a failure of Stripe. Requests without an effect are not stored. */
  function answerOnce(
    request: IncomingMessage,
    { url, text, fault }: { url: URL; text: string; fault: Fault | undefined },
  ): { answer: Answer; isReplayed?: boolean } {
    const failure = fault?.answer
    if (failure && failure.status < 500 && fault?.kind !== 'refuse') return { answer: failure }
    if (request.headers.authorization !== `Bearer ${secretKey}`) {
      return { answer: error(401, { message: 'Invalid API Key provided' }) }
    }
    const asked = `${request.method} ${url.pathname} ${text}`
    const key = keyOf(request)
    const earlier = key === '' ? undefined : first.get(key)
    if (earlier && earlier.asked !== asked) {
      const message = 'Keys are for the same parameters.'
      return { answer: error(400, { type: 'idempotency_error', message }) }
    }
    if (earlier) return { answer: earlier.answer, isReplayed: true }
    const given = request.method === 'GET' ? url.search.slice(1) : text
    const isDone = fault?.kind !== 'fail' && fault?.kind !== 'refuse'
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
    movementsOf: (paymentId) => books.movementsOf(paymentId),
    intentOf: (paymentId) => books.intentOf(paymentId),
    requests,
    queriesTo: (path) => queries.filter(({ line }) => path.test(line)).map(({ query }) => query),
    keysTo: (path) => keys.filter(({ line }) => path.test(line)).map(({ key }) => key),
    cutNext: (path) => faults.push({ path, kind: 'cut' }),
    failNextThoughDone: (path) =>
      faults.push({ path, kind: 'fail though done', answer: ownFailure }),
    loseNextAnswer: (path) => faults.push({ path, kind: 'lose' }),
    loseNextAnswerAndKeys: (path) => faults.push({ path, kind: 'lose keys' }),
    hangNext: (path) => faults.push({ path, kind: 'hang' }),
    forgetFaults: () => void faults.splice(0),
    failNext: (path, status, said) =>
      faults.push({ path, kind: 'fail', answer: error(status, said) }),
    refuseNext: (path, status, said) =>
      faults.push({ path, kind: 'refuse', answer: error(status, said) }),
    garble: (given) => {
      garbling = given
    },
    finishAction: (paymentId, passes) => books.finishAction(paymentId, passes),
    authorizeLate: (paymentId) => books.authorizeLate(paymentId),
    failRefunds: (paymentId, which) => books.decideRefunds(paymentId, 'failed', which?.byHand),
    completeRefunds: (paymentId) => books.decideRefunds(paymentId, 'succeeded'),
    completeAllRefunds: () => books.refunds.completeAll(),
    settleAll: () => books.settleAll(),
    captureByHand: (paymentId, amount) => books.captureByHand(paymentId, amount),
    activate: (methods) => {
      books.activated = methods
    },
    keepAuthorizationsUntil: (unixSeconds) => {
      books.captureBefore = unixSeconds
    },
    lapse: (paymentId) => books.lapse(paymentId),
    capturePart: (paymentId, amount) => books.capturePart(paymentId, amount),
    cancelByHand: (paymentId) => books.cancelByHand(paymentId),
    refundByHand: (paymentId, amount, status) => books.refundByHand(paymentId, amount, status),
    keptOf: (paymentId) => books.keptOf(paymentId),
    dispute: (paymentId, given = {}) => books.dispute(paymentId, given),
    decideDebit: (paymentId, failure) => books.decideDebit(paymentId, failure),
    decideAllDebits: () => books.decideAllDebits(),
    letDebitsTake: (ms) => {
      books.debits.takesMs = ms
    },
    returnDebit: (paymentId, reason = 'insufficient_funds') =>
      books.dispute(paymentId, { status: 'lost', reason }),
    mandateOf: (paymentId) => books.debits.mandates.get(books.intentOf(paymentId) ?? ''),
    changeDispute: (id, status) => books.disputes.change(id, status),
    reinstate: (id, amount) => books.disputes.reinstate(id, amount),
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
