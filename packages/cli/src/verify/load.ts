import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Draw, drawRequest, type Mood, moods } from './draw.ts'
import { Latencies } from './latencies.ts'
import { shortestOffending } from './offending.ts'
import {
  findState,
  type HistoryAnswer,
  type PaymentOperation,
  Recorder,
} from './payment-history.ts'
import { created, type Request } from './payment-model.ts'

/** Sends a request to the API. Rejects without an answer. */
export type SendRequest = (
  method: string,
  path: string,
  options: { readonly body?: object; readonly idempotencyKey?: string },
) => Promise<{
  readonly status: number
  readonly body: unknown
  readonly retryAfter: number | null
}>

/** What a run of the load does. */
export interface LoadOptions {
  readonly send: SendRequest
  readonly draw: Draw
  /** Requests at the same time. */
  readonly concurrency: number
  /** Whether to begin no further payment. */
  readonly isOver: () => boolean
  readonly onPayment: (payments: number) => void
}

/** A payment whose history no order explains. */
export interface OffendingHistory {
  readonly paymentId: string
  readonly history: readonly PaymentOperation[]
}

/** The result of a run. */
export interface LoadResult {
  readonly payments: number
  /** Requests that got no answer that says what happened: lost, or refused for the load. */
  readonly unanswered: number
  /** By the kind of request, in milliseconds. */
  readonly latencies: ReadonlyMap<string, Latencies>
  readonly offending: readonly OffendingHistory[]
  /** Payments that are still open, because they could not be canceled. */
  readonly leftOpen: readonly string[]
}

/** Clients that work on one payment at the same time, and the requests of each. */
const clientsOfPayment = 4
const requestsOfClient = 4
const amountMinor = 1_000
/** Offending histories that are kept: the first ones. */
const offendingMax = 3
/** A client waits at most so long for a server that refuses requests, in milliseconds. */
const pauseMsMax = 5_000
/** Attempts to cancel an open payment at the end. */
const cancelsMax = 5

/**
 * Makes payments and sends concurrent requests for them, until it is over. Judges the history of each
 * payment when its requests have ended, and cancels what is still open. Its memory does not depend on the
 * duration.
 *
 * If the server goes away, the result is what was found until then.
 *
 * @throws {Error} if the server refuses a payment, or loses every request for one.
 */
export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const run = new LoadRun(options)
  const groups = Math.max(1, Math.floor(options.concurrency / clientsOfPayment))
  await Promise.all(Array.from({ length: groups }, () => run.work()))
  const result = run.result()
  if (result.payments === 0 && result.unanswered > 0) {
    throw new Error('the server refuses or loses every request')
  }
  return result
}

class LoadRun {
  readonly #options: LoadOptions
  readonly #recorder = new Recorder()
  readonly #latencies = new Map<string, Latencies>()
  readonly #offending: OffendingHistory[] = []
  readonly #leftOpen: string[] = []
  #payments = 0
  #unanswered = 0

  constructor(options: LoadOptions) {
    this.#options = options
  }

  result(): LoadResult {
    return {
      payments: this.#payments,
      unanswered: this.#unanswered,
      latencies: this.#latencies,
      offending: this.#offending,
      leftOpen: this.#leftOpen,
    }
  }

  async work(): Promise<void> {
    const { draw, isOver, onPayment } = this.#options
    while (!isOver()) {
      const isMade = await this.#runPayment(moods[draw(moods.length)] as Mood)
      if (isMade) onPayment(++this.#payments)
    }
  }

  /** `false`: the time was over before there was a payment. */
  async #runPayment(mood: Mood): Promise<boolean> {
    const { draw, concurrency } = this.#options
    const id = await this.#create(draw(3) === 0 ? 3_600 : 0)
    if (id === null) return false
    if (mood.isInitiated) await this.#ask(id, { kind: 'initiate', token: 'tok_visa' })
    const clients = Math.min(concurrency, clientsOfPayment)
    await Promise.all(
      Array.from({ length: clients }, async () => {
        for (let n = 0; n < requestsOfClient; n++) await this.#ask(id, drawRequest(draw, mood))
      }),
    )
    await this.#ask(id, { kind: 'retrieve' })
    this.#judge(id)
    if (!(await this.#close(id))) this.#leftOpen.push(id)
    return true
  }

  /** Creates a payment. A server that refuses requests for the load gets time. `null`: until it is over. */
  async #create(cancelWindow: number): Promise<string | null> {
    const body = {
      ...{ amount: amountMinor, currency: 'USD', payment_method: 'card' },
      ...{ customer_email: 'verify@example.com', description: 'hedge verify --load' },
      ...{ cancel_window: cancelWindow, metadata: { made_by: 'hedge verify --load' } },
    }
    // The same key until there is an answer, so that no payment stays open unseen.
    const idempotencyKey = randomUUID()
    for (;;) {
      const answer = await this.#measured('create', () =>
        this.#options.send('POST', '/v1/payments', { body, idempotencyKey }),
      )
      if (answer?.status === 201) return (answer.body as { id: string }).id
      if (answer !== undefined) throw new Error(refusalOf(answer.body))
      if (this.#options.isOver()) return null
    }
  }

  async #ask(id: string, request: Request): Promise<void> {
    await this.#recorder.ask<HistoryAnswer | undefined>(
      async (method, path, options) => {
        const answer = await this.#measured(request.kind, () =>
          this.#options.send(method, path, options),
        )
        return answer as HistoryAnswer | undefined
      },
      id,
      request,
    )
  }

  /** Measures a request. `undefined`: it was lost, or refused for the load, after which this waits. */
  async #measured(kind: string, send: () => ReturnType<SendRequest>) {
    const startedMs = performance.now()
    const answer = await send().catch(() => null)
    const latencies = this.#latencies.get(kind) ?? new Latencies()
    this.#latencies.set(kind, latencies)
    latencies.add(performance.now() - startedMs)
    if (answer !== null && answer.status < 500 && answer.status !== 429) return answer
    this.#unanswered++
    const pauseMs = (answer?.retryAfter ?? 1) * 1_000
    await sleep(Math.min(pauseMsMax, pauseMs))
    return undefined
  }

  #judge(id: string): void {
    const history = this.#recorder.take(id)
    const first = created(amountMinor)
    if (findState(history, first) !== null || this.#offending.length >= offendingMax) return
    this.#offending.push({ paymentId: id, history: shortestOffending(history, first) })
  }

  /** Cancels a payment that is open. `false`: it may still be. */
  async #close(id: string): Promise<boolean> {
    for (let n = 0; n < cancelsMax; n++) {
      const answer = await this.#measured('cancel', () =>
        this.#options.send('POST', `/v1/payments/${id}/cancel`, { body: {} }),
      )
      // 412: it has ended, or its money is moving, which ends by itself.
      if (answer?.status === 200 || answer?.status === 412) return true
    }
    return false
  }
}

function refusalOf(body: unknown): string {
  const { error } = (body ?? {}) as { error?: { message?: string; code?: string } }
  return error?.message ?? 'the answer is no payment'
}
