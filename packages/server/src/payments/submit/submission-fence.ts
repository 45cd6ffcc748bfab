import { type SqlBool, sql } from 'kysely'
import type { PaymentRow } from '../../database/schema.ts'
import { statusesBefore } from '../../domain/lifecycle.ts'
import { type Lease, renewLease } from '../../idempotency/lease.sql.ts'
import type { Tx } from '../../idempotency/once.ts'
import { findLatestSubmission, isLatestSubmission } from '../calls/attempts.sql.ts'

/** What must still hold for the answer to an authorization to move the payment. */
export interface Fence {
  /** The latest submission when the caller began: its number; 0: there was none. */
  readonly submission: number
  /** Of the request's idempotency key, where the caller is a request that has one. */
  readonly lease: Lease | null
  readonly leaseSeconds: number
}

/**
 * Whether the caller may still move the payment.
 * - `lost`: another request has taken over its idempotency key, and answers.
 * - `superseded`: another submission of the payment has begun.
 */
export type Standing = 'current' | 'superseded' | 'lost'

/**
 * Finds out whether the caller may still move a payment that is locked. Every submission begins with
 * that lock, and the record of the key stays locked, so it holds until the transaction ends.
 */
export async function checkFence(tx: Tx, row: PaymentRow, fence: Fence): Promise<Standing> {
  const { submission, lease, leaseSeconds: seconds } = fence
  if (lease && !(await renewLease(tx, { lease, seconds }))) return 'lost'
  const latest = await findLatestSubmission(tx, row)
  return latest && latest.submission > submission ? 'superseded' : 'current'
}

/** The guard of the statement that moves a payment which waits for its authorization. */
export function guardBy({ submission }: Fence) {
  return sql<SqlBool>`status = any(${statusesBefore('initiated')}::text[])
    and ${isLatestSubmission(submission)}`
}
