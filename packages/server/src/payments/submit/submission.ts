import type { ActorType } from '@hedgepayments/contract'
import type { Db } from '../../database/db.ts'
import type { PaymentRow } from '../../database/schema.ts'
import type { Account } from '../../domain/account.ts'
import type { PaymentToken } from '../../domain/payment-token.ts'
import type { Timestamp } from '../../domain/time.ts'
import type { Reply } from '../../http/answers/answer.ts'
import type { IdempotencyKey } from '../../http/request/idempotency-key.ts'
import type { KeyLease } from '../../idempotency/lease.sql.ts'
import { sequenceInEtag, serialized } from '../../idempotency/once.ts'
import { storeAnswer } from '../../idempotency/records.sql.ts'
import type { Processors } from '../../processors/interface/processor.ts'
import type { BatchedSubmissions } from './batches/batched-submissions.ts'

/** The dependencies of a submission. */
export interface SubmissionDependencies {
  readonly db: Db
  readonly processors: Processors
  readonly batches: BatchedSubmissions
  /** Wakes the workers. */
  readonly onWork: () => void
  /** Default in production: `submissionLeaseSeconds`. */
  readonly leaseSeconds: number
}

/**
 * Where the customer has accepted the mandate of a bank debit, as the processor requires it. Both are
 * personal data: they are never logged.
 */
export interface Acceptance {
  readonly ipAddress: string
  readonly userAgent: string
}

/** A request to submit a payment, by an API key or by the customer. */
export interface Submission {
  readonly account: Account
  readonly paymentId: string
  /** `null`: use the token that the payment has. */
  readonly token: PaymentToken | null
  /** The customer's acceptance of the mandate. Omitted for payment methods without a mandate. */
  readonly acceptance?: Acceptance
  /** The If-Match header, where the request has one. */
  readonly ifMatch: string | null
  readonly actor: { readonly type: ActorType; readonly id: string | null }
  readonly now: Timestamp
  readonly operationId: string
  readonly idempotency: IdempotencyKey | null
  /** The lease on the idempotency key, where the payment's create has claimed it. */
  readonly lease: KeyLease | null
  /** Renders the answer from the payment's result; `won`: this submission has caused the result. */
  readonly replyTo: (row: PaymentRow, won: boolean) => Reply
}

/**
 * How long a request keeps its leases on the idempotency key and on the payment, in seconds. It is a
 * little longer than the time of a request (`submit.ts`). Then another request or the worker takes over.
 */
export const submissionLeaseSeconds = 15

/** Another request has taken over the idempotency key. Its answer is the first, and is replayed. */
export class KeyTakenOverError extends Error {}

/**
 * Stores the answer of a request for its idempotency key, where it has one. Returns the answer to send.
 *
 * @throws {KeyTakenOverError} where another request has taken over the key. The transaction rolls back.
 */
export async function storeOwnAnswer(tx: Db, lease: KeyLease | null, reply: Reply): Promise<Reply> {
  if (!lease) return reply
  const first = serialized(reply)
  const isStored = await storeAnswer(tx, {
    ...lease,
    httpStatus: first.status,
    body: first.body,
    eventSequence: sequenceInEtag(first),
  })
  if (!isStored) throw new KeyTakenOverError()
  return reply.refusal ? reply : first
}
