import type { ActorType } from '@hedgepayments/contract'
import type { Db } from '../database/connect.ts'
import type { PaymentRow, Timestamp } from '../database/schema.ts'
import type { PaymentToken } from '../domain/payment-token.ts'
import type { Reply } from '../http/answer.ts'
import type { Account } from '../http/auth.ts'
import type { IdempotencyKey } from '../http/idempotency-key.ts'
import { sequenceOf, serialized } from '../idempotency/once.ts'
import { storeAnswer } from '../idempotency/records.sql.ts'
import type { Processors } from '../processors/processor.ts'

/** What it takes to submit payments. */
export interface Submitter {
  readonly db: Db
  readonly processors: Processors
  /** Told when there is something for the workers. */
  readonly onWork: () => void
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
  /** Whether the key was claimed already, by the create of the payment. */
  readonly isClaimed: boolean
  /** The answer, once it is known what the payment is; `won`: it is so by this submission. */
  readonly replyTo: (row: PaymentRow, won: boolean) => Reply
}

/**
 * A request that is at it holds its idempotency key, and the payment, for this long in seconds: a
 * little more than the time it has. Then another one, or the worker, takes over.
 */
export const submissionLeaseSeconds = 15

/** Keeps an answer for its idempotency key, where the request has one. */
export async function keepAnswer(
  tx: Db,
  { account, idempotency }: Pick<Submission, 'account' | 'idempotency'>,
  reply: Reply,
): Promise<Reply> {
  if (!idempotency) return reply
  const first = serialized(reply)
  await storeAnswer(tx, {
    account,
    key: idempotency.key,
    httpStatus: first.status,
    body: first.body,
    eventSequence: sequenceOf(first),
  })
  return reply.refusal ? reply : first
}
