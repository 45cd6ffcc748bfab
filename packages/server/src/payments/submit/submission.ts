import type { ActorType } from '@hedgepayments/contract'
import type { Db } from '../../database/connect.ts'
import type { PaymentRow } from '../../database/schema.ts'
import type { Account } from '../../domain/account.ts'
import type { PaymentToken } from '../../domain/payment-token.ts'
import type { Timestamp } from '../../domain/time.ts'
import type { Reply } from '../../http/answers/answer.ts'
import type { IdempotencyKey } from '../../http/request/idempotency-key.ts'
import type { Lease } from '../../idempotency/lease.sql.ts'
import { sequenceOf, serialized } from '../../idempotency/once.ts'
import { storeAnswer } from '../../idempotency/records.sql.ts'
import type { Processors } from '../../processors/interface/processor.ts'

/** What it takes to submit payments. */
export interface Submitter {
  readonly db: Db
  readonly processors: Processors
  /** Told when there is something for the workers. */
  readonly onWork: () => void
  /** Default in production: `submissionLeaseSeconds`. */
  readonly leaseSeconds: number
}

/** A wish to submit a payment, by a key or by the customer. */
export interface Submission {
  readonly account: Account
  readonly paymentId: string
  /** What to pay with; `null`: what the payment was given before. */
  readonly token: PaymentToken | null
  /** The If-Match header of the request, where it may have one. */
  readonly ifMatch: string | null
  readonly actor: { readonly type: ActorType; readonly id: string | null }
  readonly now: Timestamp
  readonly operationId: string
  readonly idempotency: IdempotencyKey | null
  /** Of the key, where the create of the payment has claimed it. */
  readonly lease: Lease | null
  /** The answer, once it is known what the payment is; `won`: it is so by this submission. */
  readonly replyTo: (row: PaymentRow, won: boolean) => Reply
}

/**
 * How long a request holds its idempotency key and the payment it submits, in seconds: a little more
 * than the time it has. Then another request, or the worker, takes over.
 */
export const submissionLeaseSeconds = 15

/** The request no longer holds its idempotency key: another one answers, and counts. */
export class LeaseLostError extends Error {}

/**
 * Keeps an answer for the idempotency key of a request, where it has one.
 *
 * @throws {LeaseLostError} where another request has taken the key over. The transaction rolls back.
 */
export async function keepAnswer(tx: Db, lease: Lease | null, reply: Reply): Promise<Reply> {
  if (!lease) return reply
  const first = serialized(reply)
  const isStored = await storeAnswer(tx, {
    ...lease,
    httpStatus: first.status,
    body: first.body,
    eventSequence: sequenceOf(first),
  })
  if (!isStored) throw new LeaseLostError()
  return reply.refusal ? reply : first
}
