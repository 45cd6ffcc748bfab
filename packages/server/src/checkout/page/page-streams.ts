import type { ServerResponse } from 'node:http'
import type { PaymentPage } from '@hedgepayments/contract'
import type { FastifyBaseLogger, FastifyInstance, FastifyReply } from 'fastify'
import type { Db } from '../../database/db.ts'
import { describe } from '../../database/errors.ts'
import type { Account } from '../../domain/account.ts'
import { isRefusal, type Refusal, refuse } from '../../http/answers/refusal.ts'
import { endInFlight } from '../../http/limits/admission.ts'
import { accountName, type Permits, Semaphore } from '../../http/limits/semaphore.ts'
import { readMarks } from './watch.sql.ts'
import { PageWatch } from './watch.ts'

/** Concurrent streams of one process: each needs a socket. */
const streamsMax = 5_000
/** Streams of one address (an office), of one link (many tabs), of test mode, and of a merchant and mode. */
const shares = { address: 1_000, link: 20, test: 2_500, account: 2_500 } as const
/** Interval of heartbeats: short enough that no proxy closes the idle connection. */
const heartbeatMs = 15_000
/** The pause of a browser before it connects again. */
const reconnectMs = 1_000
/** A browser with more unread bytes than this has stopped reading. */
const bufferedBytesMax = 16 * 1024

/** What a stream has acquired. */
interface StreamPermits {
  readonly merchantId: string
  readonly permits: readonly Permits[]
}

/** Sends changes to open pages as server-sent events. Each event is the whole state of its page. */
export class PageStreams {
  /** With the merchant of each. */
  readonly #open = new Map<ServerResponse, string>()
  readonly #semaphore = new Semaphore()
  readonly #watch: PageWatch
  readonly #log: FastifyBaseLogger
  readonly #read: (id: string) => Promise<PaymentPage | Refusal | null>
  readonly #stoppedRefusalOf: (merchantId: string) => Promise<Refusal | null>

  constructor(options: {
    app: FastifyInstance
    db: Db
    log: FastifyBaseLogger
    read: (id: string) => Promise<PaymentPage | Refusal | null>
    /** The refusal of a merchant that is not served here any more. */
    stoppedRefusalOf: (merchantId: string) => Promise<Refusal | null>
  }) {
    this.#log = options.log
    this.#read = options.read
    this.#stoppedRefusalOf = options.stoppedRefusalOf
    this.#watch = new PageWatch({
      read: async (ids) => {
        const marks = await readMarks(options.db, ids)
        await this.#endStopped()
        return marks
      },
      onError: (error) => this.#log.warn({ err: describe(error) }, 'payment page watch failed'),
    })
    // Before the server waits for open requests: streams would never end by themselves.
    options.app.addHook('preClose', async () => {
      this.#watch.stop()
      for (const response of this.#open.keys()) response.end()
    })
  }

  /**
   * Acquires the permits of a stream: of its link and address before its account is read, so that
   * concurrent requests cannot exceed the limits together; then of its merchant and mode.
   */
  async acquire(
    { id, address }: { id: string; address: string },
    findAccount: () => Promise<Account | Refusal>,
  ): Promise<StreamPermits | Refusal> {
    const ofLink = this.#semaphore.tryAcquire([
      { name: 'all', max: streamsMax },
      { name: `address ${address}`, max: shares.address },
      { name: `link ${id}`, max: shares.link },
    ])
    if (!ofLink) return openTooOften()
    let ofAccount: Permits | null = null
    try {
      const account = await findAccount()
      if (isRefusal(account)) return account
      ofAccount = this.#acquireOf(account)
      if (!ofAccount) return openTooOften()
      return { merchantId: account.merchantId, permits: [ofLink, ofAccount] }
    } finally {
      if (!ofAccount) ofLink.release()
    }
  }

  #acquireOf(account: Account): Permits | null {
    const ofTest = account.livemode ? [] : [{ name: 'test', max: shares.test }]
    const ofAccount = { name: accountName(account), max: shares.account }
    return this.#semaphore.tryAcquire([...ofTest, ofAccount])
  }

  /** Keeps the reply open and writes every change to it. Releases its permits when it ends. */
  add(id: string, reply: FastifyReply, { merchantId, permits }: StreamPermits): void {
    for (const { release } of permits) {
      reply.raw.once('close', release)
      if (reply.raw.destroyed) release()
    }
    endInFlight(reply.request, reply)
    reply.hijack()
    const response = reply.raw
    response.writeHead(200, {
      ...(reply.getHeaders() as Record<string, string>),
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    })
    response.write(`retry: ${reconnectMs}\n\n`)
    this.#open.set(response, merchantId)
    const unwatch = this.#watch.add(id, () => void this.#sendState(id, response))
    // A browser that has not read the last heartbeat gets no other: its idle connection is closed.
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

  /**
   * Ends the streams of merchants that are not served here any more: nothing changes here. The page opens a new
   * stream every few seconds, which is refused until the merchant is served here again, or the page is loaded again.
   */
  async #endStopped(): Promise<void> {
    for (const [response, merchantId] of this.#open) {
      if (await this.#stoppedRefusalOf(merchantId)) response.end()
    }
  }

  async #sendState(id: string, response: ServerResponse): Promise<void> {
    try {
      const page = await this.#read(id)
      if (!page || response.writableEnded) return
      if (isRefusal(page)) return void response.end()
      response.write(`data: ${JSON.stringify(page)}\n\n`)
      if (response.writableLength > bufferedBytesMax) response.destroy()
    } catch (error) {
      this.#log.warn({ err: describe(error) }, 'payment page update failed')
      // The browser connects again, and then gets the current state.
      response.destroy()
    }
  }
}

function openTooOften(): Refusal {
  return refuse('rate_limit_exceeded', 'This page is open too often.', { retry_after: 5 })
}
