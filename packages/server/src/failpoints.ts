import type { AttemptKind } from '@hedgepayments/contract'

/** What is committed where a process may die just before or after it. */
export type FailpointCommit =
  /** A payment is created. */
  | 'create'
  /** A batch of cancels. */
  | 'cancel'
  /** A payment is about to be submitted; what the processor has said of that. */
  | 'submission'
  | 'authorization'
  /** Payments pass the point of no return, or have expired. */
  | 'process'
  | 'expiry'
  /** What the processor has made of a capture, a refund, a settlement, a capture after a cancel. */
  | 'capture'
  | 'refund answer'
  | 'settlement'
  | 'late capture'
  /** A request with the record of its idempotency key: refunds, reversals and most others. */
  | 'record'
  /** A step of a cancellation of many. */
  | 'bulk'
  /** A task of a payment is done, or put off. */
  | 'task'
  /** Events become deliveries, deliveries are taken, their outcomes are written down. */
  | 'relay'
  | 'delivery lease'
  | 'delivery'

/** Where a process may die. */
export type Failpoint =
  | [moment: 'before commit' | 'after commit', of: FailpointCommit]
  | [moment: 'before call' | 'after call', of: AttemptKind]

/**
 * Marks a place where tests kill the process. It does nothing, and nothing can make it do anything:
 * there is no switch. A test puts another module in the place of this one by a loader's hook, in a
 * start file of its own, before it loads the server (tests/support/processes/fitted-server-process.ts).
 */
export function failpoint(..._at: Failpoint): void {
  // Empty, so that the compiler of the running code leaves the call out.
}
