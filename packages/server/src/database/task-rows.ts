import type { ActorType, AttemptKind, AttemptOutcome } from '@hedgepayments/contract'
import type { Generated } from 'kysely'
import type { Timestamp } from '../domain/time.ts'

/**
 * What can still have to be done to a payment.
 * - `expire`: the payment is pending for too long.
 * - `authorize`: it was submitted, and the outcome is not known.
 * - `process`: it is initiated, and its undo window ends.
 * - `capture`: it is processing.
 * - `void`: it is canceled or failed, and the processor may hold an authorization.
 * - `refund`: the processor has not been told of a refund, or has an answer to one.
 * - `settle`: find out whether the money has reached the merchant.
 */
export type TaskKind = 'expire' | 'authorize' | 'process' | 'capture' | 'void' | 'refund' | 'settle'

/** Something that is still to be done to a payment, and when. */
export interface PaymentTaskRow {
  merchant_id: string
  livemode: boolean
  payment_id: string
  kind: string
  due_at: Timestamp
  /** The claim that holds it. Every write of the holder checks it. */
  lease: string | null
  /** When that lease ends, in real time. */
  leased_until: Timestamp | null
  /** Failures in a row: they decide how long the next pause is. */
  failures: Generated<number>
  /** Whether it was requested again while it was in progress. */
  planned_again: Generated<boolean>
  /** When it was first planned, in real time, however often it was put off since. */
  since: Generated<Timestamp>
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
  /** The idempotency key of the request that asked for it. */
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
  /** Until when, by the database's clock, other requests leave the payment to this submission. */
  leased_until: Timestamp | null
  /** When it was recorded, in real time by the database's clock. */
  began_at: Generated<Timestamp>
}
