import type { Reply } from '../../http/answers/answer.ts'
import { claimLease, type KeyLease } from '../../idempotency/lease.sql.ts'
import { findRecord } from '../../idempotency/records.sql.ts'
import { refuseRecord, storedAnswer } from '../../idempotency/replay.ts'
import type { Submitter } from '../submit/submission.ts'
import type { CreateRequest } from './create-request.ts'

/** A payment that was created and that its create must still submit. */
export interface PaymentToSubmit {
  readonly paymentId: string
  /** The lease on the idempotency key, where the request has one. */
  readonly lease: KeyLease | null
}

/**
 * Answers a create whose key has a record: with the first answer, or with a refusal where the key
 * belongs to another request or the first request still runs. Where the process of the first request
 * has stopped between create and submission, takes over the submission.
 *
 * @returns `null` where the key has no record, or a cancel by key waits for its create.
 */
export async function repeatCreate(
  { db, leaseSeconds: seconds }: Submitter,
  { auth: account, idempotency }: CreateRequest,
): Promise<Reply | PaymentToSubmit | null> {
  if (!idempotency) return null
  let found = await findRecord(db, { account, key: idempotency.key })
  if (found?.outcome === 'running' && found.payment_id !== null) {
    const { payment_id: paymentId } = found
    const operation = 'createPayment'
    const lease = await claimLease(db, { account, idempotency, operation, paymentId, seconds })
    if (lease) return { paymentId, lease }
    // The lease has not ended. The first request may have stored its answer since the look-up.
    found = await findRecord(db, { account, key: idempotency.key })
  }
  if (!found || found.outcome === 'awaited') return null
  return refuseRecord(found, idempotency) ?? storedAnswer(found)
}
