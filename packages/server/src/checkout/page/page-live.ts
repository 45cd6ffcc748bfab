import type { ServerResponse } from 'node:http'
import type { PaymentPage } from '@hedgepayments/contract'
import type { FastifyBaseLogger, FastifyInstance, FastifyReply } from 'fastify'
import type { Db } from '../../database/connect.ts'
import { describe } from '../../database/errors.ts'
import type { Account } from '../../domain/account.ts'
import { isRefusal, type Refusal, refuse } from '../../http/answers/refusal.ts'
import { leave } from '../../http/limits/admission.ts'
import { accountName, type Permits, Semaphore } from '../../http/limits/semaphore.ts'
import { readMarks } from '../sessions/watch.sql.ts'
import { PageWatch } from '../sessions/watch.ts'

/** Pages that one process keeps informed at once: each holds a socket. */
const streamsMax = 5_000
/** Of one address (an office), of one link (a customer with many tabs), of test mode and of a merchant. */
const shares = { address: 1_000, link: 20, test: 2_500, account: 2_500 } as const
/** Often enough that no proxy takes the connection for dead. */
const heartbeatMs = 15_000
/** What a browser waits before it connects again. */
const reconnectMs = 1_000
/** A browser that lets this much lie around does not read any more. */
const bufferedBytesMax = 16 * 1024

/** Tells open pages what has changed, as server-sent events: each the whole state of its page. */
export class PageStreams {
  readonly #open = new Set<ServerResponse>()
  readonly #places = new Semaphore()
  readonly #watch: PageWatch
  readonly #log: FastifyBaseLogger
  readonly #read: (id: string) => Promise<PaymentPage | null>

  constructor(options: {
    app: FastifyInstance
    db: Db
    log: FastifyBaseLogger
    read: (id: string) => Promise<PaymentPage | null>
  }) {
    this.#log = options.log
    this.#read = options.read
    this.#watch = new PageWatch({
      read: (ids) => readMarks(options.db, ids),
      onError: (error) => this.#log.warn({ err: describe(error) }, 'open payment pages wait'),
    })
    // Before the server waits for its requests to end: these would never.
    options.app.addHook('preClose', async () => {
      this.#watch.stop()
      for (const response of this.#open) response.end()
    })
  }

  /**
   * Takes the places of a stream: of its link and address before it is known whose page it is, so
   * that of many at once none finds a place that others have found; then of its merchant and mode.
   */
  async reserve(
    { id, address }: { id: string; address: string },
    findAccount: () => Promise<Account | Refusal>,
  ): Promise<Permits[] | Refusal> {
    const place = this.#places.tryAcquire([
      { name: 'all', max: streamsMax },
      { name: `address ${address}`, max: shares.address },
      { name: `link ${id}`, max: shares.link },
    ])
    if (!place) return openTooOften()
    let ofAccount: Permits | null = null
    try {
      const account = await findAccount()
      if (isRefusal(account)) return account
      ofAccount = this.#reserveOf(account)
      return ofAccount ? [place, ofAccount] : openTooOften()
    } finally {
      if (!ofAccount) place.release()
    }
  }

  #reserveOf(account: Account): Permits | null {
    const ofTest = account.livemode ? [] : [{ name: 'test', max: shares.test }]
    const ofAccount = { name: accountName(account), max: shares.account }
    return this.#places.tryAcquire([...ofTest, ofAccount])
  }

  /** Keeps the reply open and writes to it whatever changes; gives its places back when it ends. */
  add(id: string, reply: FastifyReply, places: readonly Permits[]): void {
    for (const { release } of places) {
      reply.raw.once('close', release)
      if (reply.raw.destroyed) release()
    }
    leave(reply.request, reply)
    reply.hijack()
    const response = reply.raw
    response.writeHead(200, {
      ...(reply.getHeaders() as Record<string, string>),
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    })
    response.write(`retry: ${reconnectMs}\n\n`)
    this.#open.add(response)
    const unwatch = this.#watch.add(id, () => void this.#tell(id, response))
    // A browser that has not taken the last one gets none: it falls silent, and is hung up on.
    const heartbeat = setInterval(() => {
      if (response.writableLength === 0) response.write(': still here\n\n')
    }, heartbeatMs)
    response.on('error', () => response.destroy())
    response.on('close', () => {
      clearInterval(heartbeat)
      unwatch()
      this.#open.delete(response)
    })
  }

  async #tell(id: string, response: ServerResponse): Promise<void> {
    try {
      const page = await this.#read(id)
      if (!page || response.writableEnded) return
      response.write(`data: ${JSON.stringify(page)}\n\n`)
      if (response.writableLength > bufferedBytesMax) response.destroy()
    } catch (error) {
      this.#log.warn({ err: describe(error) }, 'an open payment page could not be told')
      // It connects again, and is then told all.
      response.destroy()
    }
  }
}

function openTooOften(): Refusal {
  return refuse('rate_limit_exceeded', 'This page is open too often.', { retry_after: 5 })
}
