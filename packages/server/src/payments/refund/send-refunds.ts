import { commit } from '../../database/commit.ts'
import type { RefundRow } from '../../database/schema.ts'
import { accountOf } from '../../domain/account.ts'
import { LeaseLostError } from '../../jobs/lease.ts'
import type { Decline } from '../../processors/interface/results.ts'
import { callRefund } from '../calls/call-refund.ts'
import { claimedRow } from '../tasks/claimed-tasks.sql.ts'
import type { Work } from '../tasks/work.ts'
import { lockPayment } from '../transition/lock-payment.sql.ts'
import { type RefundAnswer, recordRefundAnswer } from './record-refund-answer.ts'
import { countRefundAttempt } from './refunds.sql.ts'

/** The results of refunds that were sent. */
export interface SentRefunds {
  /** Whether the processor has not decided some of them. */
  readonly isPending: boolean
  /** Whether some of them got no usable answer. */
  readonly hasFailed: boolean
  /** The processor's refusals, by the refund's id. They are not recorded. */
  readonly declines: ReadonlyMap<string, Decline>
}

/**
 * Sends refunds of a payment that the processor does not have, by a look-up just before, and records
 * those that were made. Each refund has its own idempotency key at the processor.
 */
export async function sendRefunds(work: Work, unsent: readonly RefundRow[]): Promise<SentRefunds> {
  const declines = new Map<string, Decline>()
  let isPending = false
  let hasFailed = false
  for (const refund of unsent) {
    const answer = await send(work, refund)
    if (answer === 'pending') isPending = true
    else if (answer === 'failed') hasFailed = true
    else if (answer.outcome === 'declined') declines.set(refund.id, answer.decline)
    else await record(work, refund, answer)
  }
  return { isPending, hasFailed, declines }
}

async function send(work: Work, refund: RefundRow): Promise<RefundAnswer | 'pending' | 'failed'> {
  if (!(await countRefundAttempt(work.db, refund, claimedRow(work.task))))
    throw new LeaseLostError()
  const called = await callRefund(work, {
    kind: 'refund',
    firstKey: refund.id,
    refundId: refund.id,
    amountMinor: refund.amount,
    reason: refund.reason,
  })
  if (!called.ok) return 'failed'
  return called.result.outcome === 'undecided' ? 'pending' : called.result
}

async function record(work: Work, refund: RefundRow, answer: RefundAnswer): Promise<void> {
  const { db, now } = work
  const account = accountOf(refund)
  await commit(db, 'refund answer', async (tx) => {
    const row = await lockPayment(tx, { account, id: refund.payment_id })
    if (!row) throw new Error('the payment of a refund was not found')
    await recordRefundAnswer(tx, { row, refund, answer, now })
  })
}
