import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { HedgeEvent, HedgeEventType, HedgePayments } from '@hedgepayments/node'
import type { Lifetime } from './lifetime.ts'
import { checkNext, type NextOptions } from './next-options.ts'
import { afterRealTime } from './real-timeout.ts'

/** A webhook as it arrived, for a handler of yours. */
export interface ReceivedWebhook<Type extends HedgeEventType = HedgeEventType> {
  /** The event. Its signature was verified. */
  readonly event: HedgeEvent & { readonly type: Type }
  /** The raw body, which the signature covers. */
  readonly body: string
  /** All headers, by lower-case names. The signature is `x-hedge-signature`. */
  readonly headers: Readonly<Record<string, string>>
  /** The secret of the endpoint, `whsec_…`. */
  readonly secret: string
}

/** The webhooks of one merchant. */
export interface Webhooks {
  /**
   * Waits for the next event that was not returned yet, in the order of arrival. With a type, other
   * events stay for later calls.
   *
   * @throws {Error} at the timeout, with the events that did arrive; at once after `stop`, or if the
   *   server's process has ended.
   * @throws {TypeError} if an argument is wrong.
   */
  next<Type extends HedgeEventType = HedgeEventType>(
    type?: Type,
    options?: NextOptions,
  ): Promise<ReceivedWebhook<Type>>
  /** The secret of the endpoint, `whsec_…`. */
  readonly secret: string
}

interface Waiter {
  readonly type: HedgeEventType | undefined
  readonly resolve: (received: ReceivedWebhook) => void
  readonly reject: (error: Error) => void
}

/** Receives the webhooks of one merchant, from its registration on. */
export class WebhookReceiver implements Webhooks {
  readonly #hedge: HedgePayments
  readonly #server: Server
  readonly #lifetime: Lifetime
  readonly #waiting = new Set<Waiter>()
  /** Received, and not returned yet. */
  readonly #queue: ReceivedWebhook[] = []
  /** A webhook may be delivered twice. */
  readonly #ids = new Set<string>()
  readonly #taken: string[] = []
  #endpointId = ''
  #secret = ''

  constructor(hedge: HedgePayments, lifetime: Lifetime) {
    this.#hedge = hedge
    this.#lifetime = lifetime
    lifetime.onEnd(() => {
      for (const { reject } of this.#waiting) reject(lifetime.errorOf('webhooks.next') as Error)
    })
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const body = Buffer.concat(chunks).toString('utf8')
        const isGenuine = this.#receive(body, flat(request.headers))
        response.writeHead(isGenuine ? 204 : 400).end()
      })
    })
  }

  get secret(): string {
    return this.#secret
  }

  /** Listens on loopback, and registers the endpoint for all events. */
  async register(): Promise<void> {
    const { port } = await listen(this.#server)
    // A test that forgets `stop` must not hang.
    this.#server.unref()
    const endpoint = await this.#hedge.webhooks.endpoints.create({
      url: `http://127.0.0.1:${port}/`,
      events: ['*'],
    })
    this.#endpointId = endpoint.id
    this.#secret = endpoint.secret
  }

  async next<Type extends HedgeEventType = HedgeEventType>(
    type?: Type,
    options: NextOptions = {},
  ): Promise<ReceivedWebhook<Type>> {
    const timeoutMs = checkNext(type, options)
    this.#lifetime.requireRunning('webhooks.next')
    const index = this.#queue.findIndex((received) => matches(received, type))
    const [found] = index < 0 ? [] : this.#queue.splice(index, 1)
    const received = found ?? (await this.#wait(type, timeoutMs))
    this.#taken.push(received.event.type)
    return received as ReceivedWebhook<Type>
  }

  /** Removes the endpoint and closes the receiver. */
  async close(): Promise<void> {
    if (this.#lifetime.hasServer) {
      // The host may be gone already, and then the endpoint is gone too.
      await this.#hedge.webhooks.endpoints.delete(this.#endpointId).catch(() => undefined)
    }
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  /** @returns whether the signature is right. */
  #receive(body: string, headers: Readonly<Record<string, string>>): boolean {
    if (!isSigned(body, headers['x-hedge-signature'], this.#secret)) return false
    const event = JSON.parse(body) as HedgeEvent
    if (this.#ids.has(event.id)) return true
    this.#ids.add(event.id)
    const received: ReceivedWebhook = { event, body, headers, secret: this.#secret }
    const waiter = [...this.#waiting].find(({ type }) => matches(received, type))
    if (waiter) waiter.resolve(received)
    else this.#queue.push(received)
    return true
  }

  async #wait(type: HedgeEventType | undefined, timeoutMs: number): Promise<ReceivedWebhook> {
    // A timer of 0 would never end.
    if (timeoutMs === 0) throw this.#timedOut(type, timeoutMs)
    let waiter: Waiter | undefined
    let cancel = () => {}
    // A wait keeps the process alive, until its timeout.
    this.#server.ref()
    try {
      return await new Promise<ReceivedWebhook>((resolve, reject) => {
        // Removed at once, so that an event that arrives next goes to the next waiter.
        waiter = { type, reject, resolve: (received) => resolve(this.#end(waiter, received)) }
        this.#waiting.add(waiter)
        cancel = afterRealTime(timeoutMs, () => reject(this.#timedOut(type, timeoutMs)))
      })
    } finally {
      cancel()
      if (waiter) this.#waiting.delete(waiter)
      if (this.#waiting.size === 0) this.#server.unref()
    }
  }

  #end(waiter: Waiter | undefined, received: ReceivedWebhook): ReceivedWebhook {
    if (waiter) this.#waiting.delete(waiter)
    return received
  }

  #timedOut(type: HedgeEventType | undefined, timeoutMs: number): Error {
    const waiting = this.#queue.map(({ event }) => event.type).join(', ')
    const taken = this.#taken.join(', ')
    return new Error(
      `webhooks.next: no ${type ?? 'event'} arrived within ${timeoutMs} ms. ` +
        `Arrived and not taken: ${waiting || 'none'}. Taken before: ${taken || 'none'}.`,
    )
  }
}

/**
 * Whether a body was signed with the secret. The time of the signature is not checked, because a test
 * may have replaced the clock of its process, and jsdom lacks what `hedge.webhooks.verify` needs.
 */
function isSigned(body: string, header: string | undefined, secret: string): boolean {
  const [, time = '', signature = ''] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(header ?? '') ?? []
  const expected = createHmac('sha256', secret).update(`${time}.${body}`).digest()
  const given = Buffer.from(signature, 'hex')
  return given.length === expected.length && timingSafeEqual(given, expected)
}

function matches({ event }: ReceivedWebhook, type: HedgeEventType | undefined): boolean {
  return type === undefined || event.type === type
}

function flat(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
}

/** Listens on a free port of loopback. */
async function listen(server: Server): Promise<AddressInfo> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  return server.address() as AddressInfo
}
