import type {
  ActorType,
  AttemptKind,
  AttemptOutcome,
  AttentionReason,
} from '@hedgepayments/contract'
import type { Generated } from 'kysely'
import type { Timestamp } from '../domain/time.ts'

/**
 * The kinds of tasks of a payment.
 * - `expire`: cancel the payment, which was pending for too long.
 * - `authorize`: find out the result of a submission.
 * - `watch`: find out whether the processor still has the authorization.
 * - `process`: move an initiated payment to `processing` when its undo window ends.
 * - `capture`: capture a payment that is `processing`.
 * - `void`: void the authorization that the processor may have for a canceled or failed payment.
 * - `refund`: send a refund to the processor, or find out its answer.
 * - `settle`: find out whether the money has reached the merchant.
 * - `dispute`: follow the disputes of a payment at the processor.
 * - `recheck`: look a payment up again much later, because a message of the processor may be lost.
 */
export type TaskKind =
  | 'expire'
  | 'authorize'
  | 'watch'
  | 'process'
  | 'capture'
  | 'void'
  | 'refund'
  | 'settle'
  | 'dispute'
  | 'recheck'

/** Work that is still to be done to a payment, and when. */
export interface PaymentTaskRow {
  merchant_id: string
  livemode: boolean
  payment_id: string
  kind: string
  due_at: Timestamp
  /** The claim of the worker that has the task. Every write of that worker checks it. */
  lease: string | null
  /** When that lease ends, in real time. */
  leased_until: Timestamp | null
  /** Failures in a row. They decide the length of the next pause. */
  failures: Generated<number>
  /** Whether the task was requested again while it was in progress. */
  planned_again: Generated<boolean>
  /** When the task was first planned, in real time, however often it was postponed. */
  since: Generated<Timestamp>
  /** When the task was planned, by the merchant's clock. */
  waiting_since: Generated<Timestamp>
  /** When its current failures began, by the merchant's clock. */
  failing_since: Timestamp | null
  /** Why the payment needs attention. */
  attention: AttentionReason | null
  attention_since: Timestamp | null
}

/** One call to the processor about a payment. */
export interface PaymentAttemptRow {
  merchant_id: string
  livemode: boolean
  payment_id: string
  number: number
  kind: AttemptKind
  processor: string
  /** The idempotency key at the processor. */
  processor_key: string
  /** The idempotency key of the request that caused the call. */
  request_key: string | null
  actor_type: ActorType
  actor_id: string | null
  outcome: AttemptOutcome | null
  code: string | null
  message: string | null
  started_at: Timestamp
  ended_at: Timestamp | null
  /** The number of the first call of the same submission; `null`: a worker's call. */
  submission: number | null
  /** Until this time, by the database's clock, other requests leave the payment to this submission. */
  leased_until: Timestamp | null
  /** When the call was recorded, in real time by the database's clock. */
  began_at: Generated<Timestamp>
}
