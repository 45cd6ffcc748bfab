import { commit } from '../../database/commit.ts'
import type { RefundRow } from '../../database/schema.ts'
import { LeaseLostError } from '../../jobs/lease.ts'
import type { RefundResult } from '../../processors/interface/processor.ts'
import { giveUpAttempts } from '../calls/attempts.sql.ts'
import { callProcessor, lookUp } from '../calls/call-processor.ts'
import { processorKeyOf } from '../calls/processor-keys.ts'
import { heldRow } from '../tasks/claimed-tasks.sql.ts'
import { callOf, type Work, type WorkResult } from '../tasks/work.ts'
import { countRefundAttempt, findRefunds } from '../view/refunds.sql.ts'
import { type RefundAnswer, recordRefundAnswer, refundFailedLater } from './record-refund-answer.ts'

/** What is known of a refund: the answer; it is not decided; nobody knows; it was not sent yet. */
type Found = RefundAnswer | 'pending' | 'failed' | 'absent'

/**
 * Sends every refund of a payment that the processor has not answered yet, and records what it
 * says. Each refund has an idempotency key of its own at the processor, and one that was sent before
 * is looked up first, so that none is paid twice however long ago that was.
 *
 * @returns `done` where all are answered. Nothing is guessed: call it again later otherwise.
 */
export async function sendRefunds(work: Work): Promise<WorkResult> {
  const { db, task, row, now } = work
  const account = { merchantId: row.merchant_id, livemode: row.livemode }
  const refunds = (await findRefunds(db, { account, paymentId: row.id })).filter(isOpen)
  if (refunds.length === 0) return 'done'
  // The caller before this one has stopped: nobody records the answers to its calls.
  await giveUpAttempts(db, { row, now, task })
  const results = new Set<WorkResult>()
  for (const refund of refunds) {
    const found = await findAnswer(work, refund)
    const answer = found === 'absent' ? await send(work, refund) : found
    if (typeof answer === 'string') results.add(answer)
    else {
      await commit(db, 'refund answer', (tx) => recordRefundAnswer(tx, { refund, answer, now }))
    }
  }
  if (results.has('failed')) return 'failed'
  return results.has('pending') ? 'pending' : 'done'
}

/** What the processor has made of a refund that was sent before. */
async function findAnswer(work: Work, refund: RefundRow): Promise<Found> {
  if (refund.attempts === 0) return 'absent'
  const looked = await lookUp(work.db, await callOf(work))
  if (!looked.known) return 'failed'
  if (looked.result.state !== 'captured') return 'absent'
  const found = looked.result.refunds.find(({ refundId }) => refundId === refund.id)
  switch (found?.status) {
    case undefined:
      return 'absent'
    case 'pending':
      return 'pending'
    case 'succeeded':
      return { outcome: 'refunded', reference: found.reference }
    case 'failed':
      return { outcome: 'declined', reference: found.reference, decline: refundFailedLater }
  }
}

async function send(work: Work, refund: RefundRow): Promise<RefundAnswer | 'pending' | 'failed'> {
  const { db, row } = work
  if (!(await countRefundAttempt(db, refund, heldRow(work.task)))) throw new LeaseLostError()
  const base = await callOf(work)
  const { processor } = base
  const called = await callProcessor<RefundResult>(db, {
    ...base,
    kind: 'refund',
    processorKey: await processorKeyOf(db, { row, kind: 'refund', firstKey: refund.id }),
    run: (payment, call) =>
      processor.refund(payment, {
        ...call,
        refundId: refund.id,
        amountMinor: refund.amount,
        reason: refund.reason,
      }),
    describe: (result) =>
      result.outcome === 'declined'
        ? { outcome: 'declined', decline: result.decline }
        : { outcome: result.outcome },
  })
  if (!called.known) return 'failed'
  return called.result.outcome === 'undecided' ? 'pending' : called.result
}

function isOpen(refund: RefundRow): boolean {
  return refund.status === 'pending'
}
