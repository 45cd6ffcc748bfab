import { type SqlBool, sql } from 'kysely'
import type { PaymentRow } from '../../database/schema.ts'
import { type FeeSchedule, feeOf } from '../../domain/fees.ts'
import { statusesBefore } from '../../domain/lifecycle.ts'
import type { Timestamp } from '../../domain/time.ts'
import type { Tx } from '../../idempotency/once.ts'
import { postCapture } from '../../ledger/post.ts'
import { findMerchant } from '../../merchants/merchants.sql.ts'
import type { Captured, Decline } from '../../processors/interface/processor.ts'
import { carryOutReversal } from '../reverse/reverse.ts'
import { planTask } from '../tasks/tasks.sql.ts'
import { movePayment } from '../transition/move.sql.ts'

/** The processor is asked after a day whether it has settled: none does so sooner. */
const settleAfterSeconds = 86_400

/**
 * The money of a payment that is locked and `processing` was taken: the step, its fee, the ledger,
 * a reversal that was asked for meanwhile, and what is left to do, in one transaction.
 */
export async function succeedPayment(
  tx: Tx,
  step: { row: PaymentRow; captured: Captured; fees: FeeSchedule; now: Timestamp },
): Promise<PaymentRow> {
  const { row, now } = step
  const fee = await feeOfMerchant(tx, row, step.fees)
  const moved = await movePayment(tx, {
    row,
    type: 'payment.succeeded',
    change: { status: 'succeeded', fee, net_amount: row.amount - fee },
    guard: sql`status = any(${statusesBefore('succeeded')}::text[])`,
    actor: { type: 'processor', id: row.processor },
    reason: null,
    now,
  })
  await postCapture(tx, [moved])
  await planTask(tx, { row: moved, kind: 'settle', afterSeconds: settleAfterSeconds })
  return await carryOutReversal(tx, moved, now)
}

/**
 * The processor refused, for good, to take the money of a payment that is `processing`. Of a bank
 * debit that is the bank's return, which has an event of its own for those who reconcile accounts.
 */
export async function failPayment(
  tx: Tx,
  step: { row: PaymentRow; decline: Decline; now: Timestamp },
): Promise<PaymentRow> {
  const { row, decline } = step
  const said = {
    actor: { type: 'processor', id: row.processor },
    reason: decline.code,
    now: step.now,
  } as const
  const failed = await movePayment(tx, {
    ...said,
    row,
    type: 'payment.failed',
    change: { status: 'failed', failure_code: decline.code, failure_message: decline.message },
    guard: sql`status = any(${statusesBefore('succeeded')}::text[])`,
  })
  if (row.payment_method !== 'ach') return failed
  const guard = sql<SqlBool>`status = 'failed'`
  return await movePayment(tx, { ...said, row: failed, type: 'ach.returned', change: {}, guard })
}

/** By the merchant's schedule at this moment; a later one changes nothing of the past. */
async function feeOfMerchant(tx: Tx, row: PaymentRow, fees: FeeSchedule): Promise<number> {
  const merchant = await findMerchant(tx, row.merchant_id)
  return feeOf(row.amount, {
    basisPoints: merchant?.fee_basis_points ?? fees.basisPoints,
    fixedMinor: merchant?.fee_fixed_minor ?? fees.fixedMinor,
  })
}
