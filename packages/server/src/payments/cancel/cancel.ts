import { isId } from '@hedgepayments/contract'
import { type Database, type Db, lockWaitMsMax } from '../../database/connect.ts'
import { isLockTimeout, isStatementRefused } from '../../database/errors.ts'
import { retryConflicts } from '../../database/retry.ts'
import type { IdempotencyRow } from '../../database/schema.ts'
import type { Timestamp } from '../../domain/time.ts'
import { failpoint } from '../../failpoints.ts'
import { type Answer, answer, type Reply } from '../../http/answers/answer.ts'
import { unavailable } from '../../http/answers/failures.ts'
import type { Auth } from '../../http/request/auth.ts'
import type { IdempotencyKey } from '../../http/request/idempotency-key.ts'
import type { Tx } from '../../idempotency/once.ts'
import { findRecord } from '../../idempotency/records.sql.ts'
import { asReplay, recordDropped, refuseRecord, storedAnswer } from '../../idempotency/replay.ts'
import { Batcher, BatcherFullError } from '../../jobs/batcher.ts'
import { watchBatcher } from '../../metrics/saturation.ts'
import { currentSpan } from '../../tracing/spans.ts'
import { inBatchSpan } from '../../tracing/statements.ts'
import { parseIfMatch } from '../transition/if-match.ts'
import { notCancelable, paymentNotFound, preconditionFailed } from '../transition/refusals.ts'
import { findPayment } from '../view/payments.sql.ts'
import { etagOf, renderPayment } from '../view/render.ts'
import {
  type CancelEntry,
  type CancelOutcome,
  cancelPayments,
  inTransaction,
  passingOver,
  waiting,
} from './cancel.sql.ts'

/** A request to cancel one payment. */
export interface CancelRequest {
  readonly auth: Auth
  readonly paymentId: string
  readonly reason: string | null
  readonly ifMatch: string | null
  readonly idempotency: IdempotencyKey | null
  readonly now: Timestamp
}

/** A cancel that waits for its batch, and the request that it is a part of, where that is traced. */
type BatchedCancel = CancelEntry & { readonly origin: ReturnType<typeof currentSpan> }

/** A cancel of a payment that another transaction holds, and since when that is known. */
type HeldCancel = BatchedCancel & { readonly sinceMs: number }

export interface CancelLimits {
  /** Most cancels of one statement. */
  readonly sizeMax: number
  /** Statements in flight at once. */
  readonly inFlightMax: number
  /** Most cancels that may wait: at ten thousand a second, half a second's worth. */
  readonly waitingMax: number
}

/**
 * Cancels that wait, each in a statement of its own, for a payment that another transaction holds: few of
 * the connections that requests share.
 */
const patientMax = 4

const defaultLimits: CancelLimits = { sizeMax: 256, inFlightMax: 2, waitingMax: 5_000 }

/** What a cancel means: one compare-and-set on the payment's row, and the answer to it. */
export class Canceler {
  readonly #db: Db
  readonly #batcher: Batcher<BatchedCancel, CancelOutcome>
  readonly #patient: Batcher<HeldCancel, CancelOutcome>

  constructor(database: Database, limits: CancelLimits = defaultLimits) {
    this.#db = database.db
    const atOnce = passingOver(database.batchPool)
    this.#batcher = batcherOf((entries) => cancelPayments(atOnce, entries), limits)
    const patiently = waiting(database.pool)
    this.#patient = batcherOf<HeldCancel>(
      // Whoever had no turn in all this time is not made to wait as long again.
      async ([entry]) =>
        entry && performance.now() - entry.sinceMs < lockWaitMsMax
          ? await cancelPayments(patiently, [entry])
          : [{ kind: 'held' }],
      { sizeMax: 1, inFlightMax: patientMax, waitingMax: limits.waitingMax },
    )
    watchBatcher('cancels', () => this.#batcher.waiting + this.#patient.waiting)
  }

  /** Cancels the payment, or says why not. Source: api.md, "Cancel, exactly". */
  async cancel(request: CancelRequest): Promise<Reply> {
    const { auth, paymentId, idempotency } = request
    // An id that cannot be ours needs no look-up, and might be text that PostgreSQL cannot take.
    // A key with it may still belong to another request.
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
    if (outcome.kind !== 'held') return outcome
    try {
      return await this.#patient.submit({ ...entry, sinceMs: performance.now() })
    } catch (error) {
      if (isLockTimeout(error)) return outcome
      throw error
    }
  }

  async #reply(request: CancelRequest, outcome: CancelOutcome): Promise<Reply> {
    if (outcome.kind === 'missing') return await this.#notFound(request)
    if (outcome.kind === 'held')
      return unavailable('The payment is locked. Try again: nothing was done.')
    if (outcome.kind !== 'recorded') return toReply(request.paymentId, outcome)
    return (await this.#replay(request)) ?? recordDropped()
  }

  async #notFound(request: CancelRequest): Promise<Reply> {
    return (await this.#replay(request)) ?? paymentNotFound(request.paymentId)
  }

  /** What the record of the request's key says; `null` where there is none. */
  async #replay({ auth, idempotency }: CancelRequest): Promise<Reply | null> {
    if (!idempotency) return null
    const record = await findRecord(this.#db, { account: auth, key: idempotency.key })
    if (!record) return null
    return refuseRecord(record, idempotency) ?? (await replayCancel(this.#db, record))
  }
}

function batcherOf<Entry extends BatchedCancel>(
  cancelAll: (entries: Entry[]) => Promise<CancelOutcome[]>,
  limits: CancelLimits,
): Batcher<Entry, CancelOutcome> {
  return new Batcher<Entry, CancelOutcome>({
    run: async (entries) => {
      failpoint('before commit', 'cancel')
      const outcomes = await inBatchSpan('cancel payments', entries, () =>
        retryConflicts(() => cancelAll(entries)),
      )
      failpoint('after commit', 'cancel')
      return outcomes
    },
    namesOf: conflictNames,
    isEntrysFault: isStatementRefused,
    ...limits,
  })
}

/**
 * The first answer to a cancel again. It is rendered anew from what cannot have changed: a
 * canceled payment is final, and the status of a refusal is in the record.
 */
async function replayCancel(db: Db, record: IdempotencyRow): Promise<Reply> {
  if (record.outcome === 'stored') return storedAnswer(record)
  const { payment_id: id, refused_status: status, event_sequence: sequence } = record
  if (id === null || sequence === null) throw new Error('a record of a cancel names its payment')
  if (record.outcome === 'canceled') {
    const account = { merchantId: record.merchant_id, livemode: record.livemode }
    const row = await findPayment(db, { account, id })
    if (!row) throw new Error('a canceled payment vanished')
    return asReplay(canceled({ ...row, sequence }))
  }
  if (status === null) throw new Error('a record of a refusal names the status')
  return asReplay(
    record.outcome === 'stale'
      ? preconditionFailed({ id, status, sequence })
      : notCancelable(id, status),
  )
}

/** Cancels one payment as a part of a transaction. */
export async function cancelInTransaction(
  tx: Tx,
  entry: Omit<CancelEntry, 'versions' | 'idempotencyKey' | 'requestHash'>,
): Promise<Reply> {
  const [outcome] = await cancelPayments(inTransaction(tx), [
    { ...entry, versions: null, idempotencyKey: null, requestHash: null },
  ])
  if (!outcome || outcome.kind === 'recorded' || outcome.kind === 'held')
    throw new Error('a cancel that waits, without a key, finds no lock and no record')
  if (outcome.kind === 'missing') return paymentNotFound(entry.paymentId)
  return toReply(entry.paymentId, outcome)
}

function toReply(
  id: string,
  outcome: Exclude<CancelOutcome, { kind: 'missing' | 'held' | 'recorded' }>,
) {
  switch (outcome.kind) {
    case 'canceled':
      return canceled(outcome.row)
    case 'refused':
      return notCancelable(id, outcome.status)
    case 'stale':
      return preconditionFailed({ id, status: outcome.status, sequence: outcome.sequence })
  }
}

function canceled(row: Parameters<typeof renderPayment>[0]): Answer {
  return answer(200, renderPayment(row, []), { etag: etagOf(row) })
}

function conflictNames(entry: CancelEntry): string[] {
  const scope = `${entry.merchantId} ${entry.livemode}`
  const payment = `${scope} payment ${entry.paymentId}`
  return entry.idempotencyKey === null
    ? [payment]
    : [payment, `${scope} key ${entry.idempotencyKey}`]
}
