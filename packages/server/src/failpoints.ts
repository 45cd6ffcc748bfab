import type { AttemptKind } from '@hedgepayments/contract'

/** A commit before or after which a test may stop the process. */
export type FailpointCommit =
  /** A payment is created. */
  | 'create'
  /** A batch of cancels. */
  | 'cancel'
  /** The start of a submission, and the result of the authorization. */
  | 'submission'
  | 'authorization'
  /** The state of an authorization that waits for its capture. */
  | 'watch'
  /** A set of payments that goes to processing, or expires. */
  | 'process'
  | 'expiry'
  /** The processor's result of a capture, a refund, a settlement, or a capture after a cancel. */
  | 'capture'
  | 'refund answer'
  | 'settlement'
  | 'late capture'
  /** What the processor reports about the disputes of a payment. */
  | 'dispute'
  /** A request with the record of its idempotency key: refunds, reversals and most other requests. */
  | 'record'
  /** A step of a bulk cancellation. */
  | 'bulk'
  /** A task of a payment is finished or postponed. */
  | 'task'
  /** Events become deliveries, deliveries are claimed, their results are recorded. */
  | 'relay'
  | 'delivery lease'
  | 'delivery'

/** A place where a test may stop the process. */
export type Failpoint =
  | [when: 'before commit' | 'after commit', of: FailpointCommit]
  | [when: 'before call' | 'after call', of: AttemptKind]

/**
 * Marks a place where tests stop the process. In production it does nothing, and no setting changes
 * that. A test replaces this module by a loader hook before it loads the server
 * (tests/support/processes/fitted-server-process.ts).
 */
export function failpoint(..._at: Failpoint): void {
  // Empty, so that the compiler of the running code leaves the call out.
}
