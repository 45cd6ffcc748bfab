import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Chance, chanceOf } from '../../../../support/chance.ts'
import type { Counts } from '../counts.ts'
import type { Journal } from '../journal.ts'
import { draw } from '../weighted.ts'
import type { Exchange, NetworkState, OwnFailure, Passed } from './exchange.ts'
import { faults, noFault, unmet } from './faults.ts'

/**
 * The network between the servers and Stripe. While it is not calm, it loses, doubles, delays and garbles
 * requests and answers at random.
 */
export class Network implements NetworkState {
  readonly counts: Counts
  readonly journal: Journal
  isCalm = false
  readonly seenMs = new Map<string, number>()
  /** Called after each request that may have changed a payment at Stripe. */
  onChange: (paymentId: string) => void = () => undefined
  readonly fail: (line: string, how: OwnFailure) => void
  readonly #target: string
  readonly #chance: Chance
  /** Idempotency keys that Stripe has forgotten. */
  readonly #forgotten = new Set<string>()
  readonly #late = new Set<Promise<unknown>>()
  readonly #server = createServer((request, response) => {
    void this.#handle(request, response)
  })

  constructor(given: {
    target: string
    seed: number
    counts: Counts
    journal: Journal
    fail: (line: string, how: OwnFailure) => void
  }) {
    this.#target = given.target
    this.fail = given.fail
    this.counts = given.counts
    this.journal = given.journal
    this.#chance = chanceOf(given.seed)
  }

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  get lateCount(): number {
    return this.#late.size
  }

  /** Ends all faults, and waits for the requests that are still on their way. */
  async calm(): Promise<void> {
    this.isCalm = true
    while (this.#late.size > 0) await Promise.all(this.#late)
  }

  async stop(): Promise<void> {
    await this.calm()
    this.#server.close()
    this.#server.closeAllConnections()
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer)
    } catch {
      return
    }
    const body = Buffer.concat(chunks)
    const path = request.url?.split('?')[0] ?? '/'
    const line = `${request.method} ${path}`
    const { name, what } = this.isCalm
      ? { name: 'none', what: noFault }
      : draw(faults, this.#chance)
    const isWrite = request.method === 'POST'
    const exchange: Exchange = {
      line,
      isWrite,
      chance: this.#chance,
      network: this,
      forward: () => this.#forward(request, { body, line, fault: name }),
      answer: (passed) => answer(response, passed),
      cut: () => response.destroy(),
      forgetKey: () => this.#forgotten.add(String(request.headers['idempotency-key'])),
      later: (run) => {
        const late = run()
        this.#late.add(late)
        void late.finally(() => this.#late.delete(late))
      },
    }
    const isMet = (await what(exchange)) !== unmet
    this.counts.add('faults', isMet ? name : 'none')
    if (name !== 'none' && isMet) this.#recordFault(exchange.line, `${line}: ${name}`)
  }

  async #forward(
    request: IncomingMessage,
    { body, line, fault }: { body: Buffer; line: string; fault: string },
  ): Promise<Passed | null> {
    const { host: _, connection: __, 'content-length': ___, ...headers } = request.headers
    const key = headers['idempotency-key']
    // To Stripe, a key that it has forgotten is a new one.
    if (this.#forgotten.has(String(key))) headers['idempotency-key'] = `${key}, a day later`
    try {
      const response = await fetch(`${this.#target}${request.url}`, {
        method: request.method ?? 'GET',
        headers: headers as Record<string, string>,
        ...(body.length > 0 ? { body: new Uint8Array(body) } : {}),
      })
      const text = await response.text()
      const { status } = response
      const replayed = response.headers.get('idempotent-replayed')
      const isChange = request.method === 'POST' && !replayed && (status < 300 || status === 402)
      const given = { text, url: request.url ?? '', body: body.toString(), status, fault }
      const paymentId = this.#learn(line, given)
      // Stripe sends no message about a request that changed nothing.
      if (paymentId && isChange) this.onChange(paymentId)
      return {
        status,
        headers: {
          'content-type': 'application/json',
          ...(replayed ? { 'idempotent-replayed': replayed } : {}),
        },
        text,
      }
    } catch {
      return null
    }
  }

  /** Finds the payment of a request, and records the request. */
  #learn(
    line: string,
    given: { text: string; url: string; body: string; status: number; fault: string },
  ): string | undefined {
    const { text, url, body, status, fault } = given
    const intentId = /pi_\w+/.exec(`${url} ${body} ${text}`)?.[0]
    const named = /pay_[A-Za-z0-9]+/.exec(`${decodeURIComponent(url)} ${body} ${text}`)?.[0]
    const paymentId = named ?? (intentId && this.journal.paymentOf(intentId))
    if (!paymentId) return undefined
    if (intentId) {
      this.journal.learn(intentId, paymentId)
      if (!this.seenMs.has(intentId)) this.seenMs.set(intentId, Date.now())
    }
    const state = /"status":"(\w+)"/.exec(text)?.[1] ?? /"code":"(\w+)"/.exec(text)?.[1] ?? ''
    this.journal.add(
      paymentId,
      `stripe got ${line} (${fault}) ${body.slice(0, 60)} → ${status} ${state}`,
    )
    return paymentId
  }

  #recordFault(line: string, text: string): void {
    const intentId = /pi_\w+/.exec(line)?.[0]
    const paymentId = intentId && this.journal.paymentOf(intentId)
    if (paymentId) this.journal.add(paymentId, text)
  }
}

function answer(response: ServerResponse, passed: Passed | null): void {
  if (!passed) return void response.destroy()
  if (response.destroyed) return
  response.writeHead(passed.status, passed.headers)
  response.end(passed.text)
}
