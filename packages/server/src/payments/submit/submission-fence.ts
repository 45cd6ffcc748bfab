import { type SqlBool, sql } from 'kysely'
import type { Tx } from '../../database/db.ts'
import type { PaymentRow } from '../../database/schema.ts'
import { statusesBefore } from '../../domain/lifecycle.ts'
import { type KeyLease, renewLease } from '../../idempotency/lease.sql.ts'
import { findLatestSubmission, isLatestSubmission } from '../calls/attempts.sql.ts'

/** The fencing tokens under which an authorization may move its payment. */
export interface Fence {
  /** The number of the latest submission when the caller began; 0: none. */
  readonly submission: number
  /** The lease on the idempotency key, where the caller is a request with a key. */
  readonly lease: KeyLease | null
  readonly leaseSeconds: number
}

/**
 * Whether the caller may still move the payment.
 * - `current`: it may.
 * - `lost`: another request has taken over its idempotency key, and answers.
 * - `superseded`: another submission of the payment has begun.
 */
export type Standing = 'current' | 'superseded' | 'lost'

/**
 * Checks whether the caller may still move a locked payment. The result is valid until the transaction
 * ends, because every submission begins with that lock and the key's record stays locked.
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
