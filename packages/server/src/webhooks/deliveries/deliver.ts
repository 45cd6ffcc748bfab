import { SpanKind } from '@opentelemetry/api'
import type { Logger } from 'pino'
import type { Db } from '../../database/connect.ts'
import { describe, isStatementRefused } from '../../database/errors.ts'
import { retryConflicts } from '../../database/retry.ts'
import type { DeliveryRow, EndpointRow } from '../../database/webhook-rows.ts'
import { toMs } from '../../domain/time.ts'
import { eventId } from '../../events/event-id.ts'
import { findEventsAt } from '../../events/events.sql.ts'
import { renderEvents } from '../../events/load.ts'
import { failpoint } from '../../failpoints.ts'
import { Batcher } from '../../jobs/batcher.ts'
import { type Loop, startLoop, type YieldPolicy } from '../../jobs/loop.ts'
import { webhookAttempts } from '../../metrics/registry.ts'
import type { Sealer } from '../../sealing/sealer.ts'
import { causeOf } from '../../tracing/causes.ts'
import { inSpan } from '../../tracing/spans.ts'
import { disabledError } from '../endpoints/endpoints.sql.ts'
import type { Reach } from '../send/address.ts'
import { findReach, type PrivateNetworks } from '../send/reach.sql.ts'
import { deadlineDefaultMs, type Send } from '../send/send.ts'
import { type Signer, signerOf } from '../send/signature.ts'
import { attempt, notSent, type Package } from './attempt.ts'
import { Capacity } from './capacity.ts'
import { disableWhenHopeless } from './disable.ts'
import {
  type FailingEndpoint,
  findEndpointsOf,
  leaseSeconds,
  type Outcome,
  recordOutcomes,
  takeDue,
} from './queue.sql.ts'

export interface DelivererOptions {
  readonly db: Db
  readonly log: Logger
  readonly sealer: Sealer
  readonly send: Send
  readonly privateNetworks: PrivateNetworks
  readonly yieldPolicy?: YieldPolicy | undefined
}

/** By endpoint, what signs in its name: each secret is opened once a turn. */
type OpenedSecrets = Map<string, readonly Signer[]>

/** A delivery that was taken from the queue, with all that it takes to send it. */
interface Job {
  readonly delivery: DeliveryRow
  readonly endpoint: FailingEndpoint
  /** `null`: the event is not kept any more. */
  readonly body: Buffer | null
  readonly opened: OpenedSecrets
  readonly reach: Reach
  /** When it was taken, by this process's monotonic clock. */
  readonly takenMs: number
}

/** An attempt that begins later may outlast its lease: the delivery is left to the next claim. */
const beginMsMax = leaseSeconds * 1_000 - deadlineDefaultMs

/** How often a process looks for deliveries that are due, in milliseconds. */
const idleMs = 200
/**
 * How long the room that an endpoint has may wait until it is half of what it may get. To take one delivery from
 * the queue costs as much as to take thirty: each time begins by stepping over what is done and
 * not yet vacuumed.
 */
const gatherMs = 50
/** What is on its way has so long when the server stops; then it is put back for others. */
const stopGraceMs = 3_000
const goneError = 'Not sent: the event is no longer kept.'
/** Outcomes of one statement. */
const outcomesMax = 200

/** Sends what is due, as much at once as there is capacity for, until it is stopped. */
export class Deliverer implements Loop {
  readonly #options: DelivererOptions
  readonly #capacity = new Capacity()
  readonly #running = new Set<Promise<void>>()
  readonly #stopping = new AbortController()
  /** Whether the lease of the delivery was current. */
  readonly #outcomes: Batcher<Outcome, boolean>
  readonly #loop: Loop
  #gathering: NodeJS.Timeout | undefined

  constructor(options: DelivererOptions) {
    this.#options = options
    this.#outcomes = new Batcher<Outcome, boolean>({
      run: async (batch) => {
        failpoint('before commit', 'delivery')
        const recorded = await retryConflicts(() => recordOutcomes(options.db, batch))
        failpoint('after commit', 'delivery')
        return batch.map(({ delivery }) => recorded.has(delivery.id))
      },
      namesOf: ({ delivery }) => [delivery.id],
      isEntrysFault: isStatementRefused,
      sizeMax: outcomesMax,
      inFlightMax: 1,
      // What waits here was sent a moment ago: no more than there is capacity for.
      waitingMax: Number.POSITIVE_INFINITY,
    })
    this.#loop = startLoop({
      turn: () => this.#turn(),
      idleMs,
      onError: (error) => options.log.error({ err: describe(error) }, 'webhooks are held up'),
      yieldPolicy: options.yieldPolicy,
    })
  }

  nudge(): void {
    this.#loop.nudge()
  }

  /** Lets what is on its way arrive, for a moment; the rest is put back for others. */
  async stop(): Promise<void> {
    await this.#loop.stop()
    const timer = setTimeout(() => this.#stopping.abort(), stopGraceMs)
    await Promise.all(this.#running)
    clearTimeout(timer)
    clearTimeout(this.#gathering)
  }

  async #turn(): Promise<boolean> {
    const capacity = this.#capacity
    if (capacity.room === 0) return false
    const request = {
      ...capacity.shares(),
    }
    failpoint('before commit', 'delivery lease')
    const takenMs = performance.now()
    const taken = await retryConflicts(() => takeDue(this.#options.db, request))
    if (taken.length === 0) return false
    failpoint('after commit', 'delivery lease')
    const endpoints = await findEndpointsOf(this.#options.db, taken)
    const bodies = await renderBodies(this.#options.db, taken)
    const opened: OpenedSecrets = new Map()
    const reach = await this.#reachOf(taken)
    for (const delivery of taken) {
      const endpoint = endpoints.get(delivery.endpoint_id)
      if (!endpoint) throw new Error('a delivery without an endpoint')
      this.#start({
        delivery,
        endpoint,
        body: bodies.get(delivery.position) ?? null,
        opened,
        reach,
        takenMs,
      })
    }
    // Whatever there was room for is on its way: what comes of it says when to look again.
    return false
  }

  #start(job: Job): void {
    const { log } = this.#options
    const { delivery } = job
    this.#capacity.take(delivery)
    const task = this.#deliver(job)
      // Its lease ends by itself, and it is taken again.
      .catch((error: unknown) =>
        log.error({ err: describe(error), delivery: delivery.id }, 'a webhook is held up'),
      )
      .finally(() => {
        this.#capacity.release(delivery)
        this.#running.delete(task)
        this.#noteRoom(delivery)
      })
    this.#running.add(task)
  }

  /** Asked anew in each turn: the first live key takes the private networks away at once. */
  async #reachOf(taken: readonly DeliveryRow[]): Promise<Reach> {
    const { db, privateNetworks } = this.#options
    const livemode = taken.every((delivery) => delivery.livemode)
    return await findReach(db, { livemode, privateNetworks })
  }

  /** Looks for more to send: at once where the endpoint has room for many, or a moment later. */
  #noteRoom(delivery: DeliveryRow): void {
    if (this.#capacity.isHalfFree(delivery)) {
      clearTimeout(this.#gathering)
      this.#gathering = undefined
      this.#loop.nudge()
    } else {
      this.#gathering ??= setTimeout(() => {
        this.#gathering = undefined
        this.#loop.nudge()
      }, gatherMs)
    }
  }

  async #deliver({ delivery, endpoint, body, opened, reach, takenMs }: Job): Promise<void> {
    const { db, send } = this.#options
    if (performance.now() - takenMs > beginMsMax) return
    const obstacle = endpoint.enabled ? (body ? null : goneError) : disabledError
    if (obstacle !== null || body === null) {
      await this.#outcomes.submit(notSent(delivery, { retryDelayMs: null, error: obstacle }))
      return
    }
    const id = eventId(delivery.subject_id, delivery.sequence)
    const parcel: Package = { id, body, signers: this.#signersOf(endpoint, opened) }
    const stopping = this.#stopping.signal
    const outcome = await inSpan(spanOf(delivery), async (span) => {
      const ended = await attempt({ delivery, endpoint, parcel, reach, send, stopping })
      span?.setAttribute('hedge.webhook.result', ended.result)
      if (ended.responseCode !== null) {
        span?.setAttribute('http.response.status_code', ended.responseCode)
      }
      return ended
    })
    this.#capacity.note(endpoint.id, outcome)
    webhookAttempts.inc({ result: outcome.result })
    const isCurrent = await this.#outcomes.submit(outcome)
    if (isCurrent && outcome.result === 'failed') {
      await disableWhenHopeless(db, { endpoint, outcome })
    }
  }

  /** A secret that cannot be opened holds up the deliveries of its own endpoint only. */
  #signersOf(endpoint: EndpointRow, opened: OpenedSecrets): readonly Signer[] {
    const known = opened.get(endpoint.id)
    if (known) return known
    const { sealer } = this.#options
    const { old_secret: old, old_secret_expires_at: oldUntil } = endpoint
    const secrets = [sealer.open(endpoint.secret, endpoint.id)]
    if (old !== null && oldUntil !== null && toMs(oldUntil) > Date.now()) {
      secrets.push(sealer.open(old, endpoint.id))
    }
    const signers = secrets.map(signerOf)
    opened.set(endpoint.id, signers)
    return signers
  }
}

/** The span of an attempt: in the trace of the request that changed the payment, if it was here. */
function spanOf(delivery: DeliveryRow) {
  return {
    name: 'webhook',
    kind: SpanKind.CLIENT,
    parent: causeOf(delivery.subject_id),
    attributes: {
      'hedge.payment_id': delivery.subject_id,
      'hedge.event_type': delivery.event_type,
      'hedge.webhook.attempt': delivery.attempts + 1,
    },
  }
}

/** The bodies of deliveries by the positions of their events: each event is rendered once. */
async function renderBodies(
  db: Db,
  deliveries: readonly DeliveryRow[],
): Promise<Map<string, Buffer>> {
  const positions = [...new Set(deliveries.map((row) => row.position))]
  const events = await renderEvents(db, await findEventsAt(db, positions))
  return new Map(
    [...events].map(([position, event]) => [position, Buffer.from(JSON.stringify(event))]),
  )
}
