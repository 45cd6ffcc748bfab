import { isId } from '@hedgepayments/contract'
import { isCluster } from '../../database/cluster/cluster.ts'
import { commitStatement } from '../../database/commit.ts'
import type { Database } from '../../database/connect.ts'
import type { Db } from '../../database/db.ts'
import { isLockTimeout, isStatementRefused } from '../../database/errors.ts'
import { lockWaitMsMax } from '../../database/sessions/settings.ts'
import { accountKey } from '../../domain/account.ts'
import type { Timestamp } from '../../domain/time.ts'
import type { Reply } from '../../http/answers/answer.ts'
import { unavailable } from '../../http/answers/failures.ts'
import type { Auth } from '../../http/request/auth.ts'
import type { IdempotencyKey } from '../../http/request/idempotency-key.ts'
import { findRecord } from '../../idempotency/records.sql.ts'
import { recordDropped, refuseRecord } from '../../idempotency/replay.ts'
import { Batcher, BatcherFullError } from '../../jobs/batcher.ts'
import { watchBatcher } from '../../metrics/saturation.ts'
import { currentSpan } from '../../tracing/spans.ts'
import { inBatchSpan } from '../../tracing/statements.ts'
import { parseIfMatch } from '../transition/if-match.ts'
import { paymentNotFound } from '../transition/refusals.ts'
import {
  type CancelEntry,
  type CancelOutcome,
  cancelPayments,
  skippingLocked,
  waitingForLocks,
} from './cancel.sql.ts'
import { renderOutcome, replayCancel } from './cancel-answer.ts'

/** A request to cancel one payment. */
export interface CancelRequest {
  readonly auth: Auth
  readonly paymentId: string
  readonly reason: string | null
  readonly ifMatch: string | null
  readonly idempotency: IdempotencyKey | null
  readonly now: Timestamp
}

/** A cancel that waits for its batch, with the span of its request where requests are traced. */
type BatchedCancel = CancelEntry & { readonly origin: ReturnType<typeof currentSpan> }

/** A cancel that has found its payment locked, and when it did. */
type WaitingCancel = BatchedCancel & { readonly sinceMs: number }

/** Limits of the batches of cancels. */
export interface CancelLimits {
  /** Cancels per statement. */
  readonly sizeMax: number
  /** Concurrent statements. */
  readonly inFlightMax: number
  /** Cancels that may wait for a statement: half a second at ten thousand a second. */
  readonly waitingMax: number
}

/**
 * Cancels that wait for a locked payment, each in its own statement. They use connections that all
 * requests share, so only a few may wait.
 */
const lockWaitersMax = 4

const defaultLimits: CancelLimits = { sizeMax: 256, inFlightMax: 2, waitingMax: 5_000 }

/** Cancels payments: one compare-and-set on the payment's row, batched, and the answer to it. */
export class Canceler {
  readonly #db: Db
  readonly #batcher: Batcher<BatchedCancel, CancelOutcome>
  readonly #lockWaiters: Batcher<WaitingCancel, CancelOutcome>

  constructor(database: Database, limits: CancelLimits = defaultLimits) {
    this.#db = database.db
    const inCluster = isCluster(database.db)
    const skipLocked = skippingLocked({ pool: database.batchPool, isCluster: inCluster })
    this.#batcher = batcherOf((entries) => cancelPayments(skipLocked, entries), {
      ...limits,
      groupOf: inCluster ? accountKey : undefined,
    })
    const waitForLock = waitingForLocks({ pool: database.pool, isCluster: inCluster })
    this.#lockWaiters = batcherOf<WaitingCancel>(
      // A cancel that has waited in the queue for this long does not wait for the lock as well.
      async ([entry]) =>
        entry && performance.now() - entry.sinceMs < lockWaitMsMax
          ? await cancelPayments(waitForLock, [entry])
          : [{ kind: 'locked' }],
      { sizeMax: 1, inFlightMax: lockWaitersMax, waitingMax: limits.waitingMax },
    )
    watchBatcher('cancels', () => this.#batcher.waiting + this.#lockWaiters.waiting)
  }

  /** Cancels the payment, or refuses to. Source: `cancelPayment` in the contract. */
  async cancel(request: CancelRequest): Promise<Reply> {
    const { auth, paymentId, idempotency } = request
    // An id of another shape needs no look-up, and may be text that PostgreSQL does not accept. Its
    // idempotency key can still belong to another request.
    if (!isId('payment', paymentId)) return await this.#notFound(request)
    try {
      const outcome = await this.#submit({
        merchantId: auth.merchantId,
        livemode: auth.livemode,
        paymentId,
        reason: request.reason,
        actorType: 'api_key',
        actorId: auth.keyId,
        versions: parseIfMatch(request.ifMatch),
        idempotencyKey: idempotency?.key ?? null,
        requestHash: idempotency?.requestHash ?? null,
        now: request.now,
        origin: currentSpan(),
      })
      return await this.#reply(request, outcome)
    } catch (error) {
      if (error instanceof BatcherFullError) {
        return unavailable('Too many cancels are waiting. Try again: nothing was done.')
      }
      throw error
    }
  }

  async #submit(entry: BatchedCancel): Promise<CancelOutcome> {
    const outcome = await this.#batcher.submit(entry)
    if (outcome.kind !== 'locked') return outcome
    try {
      return await this.#lockWaiters.submit({ ...entry, sinceMs: performance.now() })
    } catch (error) {
      if (isLockTimeout(error)) return outcome
      throw error
    }
  }

  async #reply(request: CancelRequest, outcome: CancelOutcome): Promise<Reply> {
    if (outcome.kind === 'missing') return await this.#notFound(request)
    if (outcome.kind === 'locked')
      return unavailable('The payment is locked. Try again: nothing was done.')
    if (outcome.kind !== 'recorded') return renderOutcome(request.paymentId, outcome)
    return (await this.#replay(request)) ?? recordDropped()
  }

  async #notFound(request: CancelRequest): Promise<Reply> {
    return (await this.#replay(request)) ?? paymentNotFound(request.paymentId)
  }

  /** The first answer from the record of the request's key; `null`: the key has no record. */
  async #replay({ auth, idempotency }: CancelRequest): Promise<Reply | null> {
    if (!idempotency) return null
    const record = await findRecord(this.#db, { account: auth, key: idempotency.key })
    if (!record) return null
    return refuseRecord(record, idempotency) ?? (await replayCancel(this.#db, record))
  }
}

function batcherOf<Entry extends BatchedCancel>(
  cancelAll: (entries: Entry[]) => Promise<CancelOutcome[]>,
  limits: CancelLimits & { groupOf?: ((entry: Entry) => string) | undefined },
): Batcher<Entry, CancelOutcome> {
  return new Batcher<Entry, CancelOutcome>({
    run: (entries) =>
      inBatchSpan('cancel payments', entries, () =>
        commitStatement('cancel', () => cancelAll(entries)),
      ),
    namesOf: conflictNames,
    isCausedByEntry: isStatementRefused,
    ...limits,
  })
}

/** Cancels with a common name are never in flight at the same time. */
function conflictNames(entry: CancelEntry): string[] {
  const scope = accountKey(entry)
  const payment = `${scope} payment ${entry.paymentId}`
  return entry.idempotencyKey === null
    ? [payment]
    : [payment, `${scope} key ${entry.idempotencyKey}`]
}
