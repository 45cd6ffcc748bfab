import { commit } from '../database/commit.ts'
import type { Db } from '../database/connect.ts'
import type { PaymentRow, RefundRow, Timestamp } from '../database/schema.ts'
import type { Account } from '../http/auth.ts'
import type { Processor, Processors, RefundResult } from '../processors/processor.ts'
import { countRefundAttempt, findRefunds } from '../refunds/refunds.sql.ts'
import { type RefundAnswer, recordRefundAnswer, refundFailedLater } from './answer-refund.ts'
import { giveUpAttempts } from './attempts.sql.ts'
import { callProcessor, lookUp } from './call-processor.ts'
import { findPayment } from './payments.sql.ts'
import { processorKeyOf } from './processor-keys.ts'

const bySystem = { type: 'system', id: null } as const

export interface RefundsToSend {
  readonly account: Account
  readonly paymentId: string
  readonly now: Timestamp
  readonly signal?: AbortSignal
}

/**
 * Tells the processor of every refund of a payment that it has not answered yet, and writes down
 * what it says. Each refund has an idempotency key of its own at the processor, and one that was
 * sent before is looked up first, so that none is paid twice however long ago that was.
 *
 * @returns whether all are answered. If not, call it again later: nothing was guessed.
 */
export async function sendRefunds(
  db: Db,
  processors: Processors,
  { account, paymentId, now, signal }: RefundsToSend,
): Promise<boolean> {
  const row = await findPayment(db, { account, id: paymentId })
  const refunds = (await findRefunds(db, { account, paymentId })).filter(isOpen)
  if (!row || refunds.length === 0) return true
  if (row.processor === null) throw new Error('a payment with refunds was never submitted')
  // Whoever was at it before has died: its calls came to nothing that anybody heard of.
  await giveUpAttempts(db, { row, now })
  const processor = await processors.forSent(account, row.processor)
  let areAllAnswered = true
  for (const refund of refunds) {
    const sending = { row, refund, processor, now, ...(signal ? { signal } : {}) }
    const answer = (await findAnswer(db, sending)) ?? (await send(db, sending))
    if (answer === 'undecided') areAllAnswered = false
    else {
      await commit(db, 'refund answer', (tx) => recordRefundAnswer(tx, { refund, answer, now }))
    }
  }
  return areAllAnswered
}

interface Sending {
  readonly row: PaymentRow
  readonly refund: RefundRow
  readonly processor: Processor
  readonly now: Timestamp
  readonly signal?: AbortSignal
}

/** What the processor has made of a refund that was sent before; `null`: it has none of it. */
async function findAnswer(db: Db, sending: Sending): Promise<RefundAnswer | 'undecided' | null> {
  const { row, refund, processor, now } = sending
  if (refund.attempts === 0) return null
  const looked = await lookUp(db, { row, processor, actor: bySystem, now })
  if (!looked.known) return 'undecided'
  if (looked.result.state !== 'captured') return null
  const found = looked.result.refunds.find(({ refundId }) => refundId === refund.id)
  switch (found?.status) {
    case undefined:
      return null
    case 'pending':
      return 'undecided'
    case 'succeeded':
      return { outcome: 'refunded', reference: found.reference }
    case 'failed':
      return { outcome: 'declined', reference: found.reference, decline: refundFailedLater }
  }
}

async function send(db: Db, sending: Sending): Promise<RefundAnswer | 'undecided'> {
  const { row, refund, processor, now, signal } = sending
  await countRefundAttempt(db, refund)
  const called = await callProcessor<RefundResult>(db, {
    row,
    processor,
    kind: 'refund',
    processorKey: await processorKeyOf(db, { row, kind: 'refund', firstKey: refund.id }),
    actor: bySystem,
    now,
    ...(signal ? { signal } : {}),
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
  if (!called.known || called.result.outcome === 'undecided') return 'undecided'
  return called.result
}

function isOpen(refund: RefundRow): boolean {
  return refund.status === 'pending'
}
