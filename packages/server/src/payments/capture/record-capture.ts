import { type SqlBool, sql } from 'kysely'
import type { Tx } from '../../database/db.ts'
import type { PaymentRow } from '../../database/schema.ts'
import type { Account } from '../../domain/account.ts'
import { type FeeSchedule, feeOf } from '../../domain/fees.ts'
import { statusesBefore } from '../../domain/lifecycle.ts'
import type { Timestamp } from '../../domain/time.ts'
import { postCapture } from '../../ledger/post.ts'
import { findMerchant } from '../../merchants/merchants.sql.ts'
import {
  type Captured,
  type Decline,
  isEnded,
  type RefundState,
} from '../../processors/interface/results.ts'
import { deleteAcceptance } from '../calls/acceptances.sql.ts'
import { carryOutReversal } from '../reverse/reverse.ts'
import { planTask, requestTask } from '../tasks/tasks.sql.ts'
import { causeOf, type Declaration } from '../transition/declaration.ts'
import { lockPayment } from '../transition/lock-payment.sql.ts'
import { movePayment } from '../transition/move.sql.ts'

/** The first look-up for the settlement comes after a day: no processor settles sooner. */
export const settleAfterSeconds = 86_400

/** Captured money, and what has happened to it since. */
interface CapturedMoney extends Captured {
  readonly state: 'captured'
  /** Refunds that a person has made at the processor already. */
  readonly refunds?: readonly RefundState[]
  readonly isDisputed?: boolean
  /** The processor's id of the payment. */
  readonly reference: string | null
}

/** The final result of a capture. */
export type Capture =
  | CapturedMoney
  | {
      readonly state: 'declined'
      /** `null`: the processor does not know the payment. */
      readonly reference: string | null
      readonly decline: Decline
    }

/** Records the result of a capture. Does nothing where the payment has left `processing` already. */
export async function recordCapture(
  tx: Tx,
  {
    account,
    id,
    capture,
    fees,
    now,
    by,
  }: {
    account: Account
    id: string
    capture: Capture
    fees: FeeSchedule
    now: Timestamp
    /** The operator who declares the result. Default: the processor. */
    by?: Declaration
  },
): Promise<void> {
  const row = await lockPayment(tx, { account, id })
  if (!row || !statusesBefore('succeeded').includes(row.status)) return
  await deleteAcceptance(tx, row)
  if (capture.state === 'captured') await succeed(tx, { row, capture, fees, now, by })
  else await fail(tx, { row, ...capture, now, by })
}

/** The step, its fee, the ledger, a reversal that was requested, and the next tasks. */
async function succeed(
  tx: Tx,
  {
    row,
    capture,
    fees,
    now,
    by,
  }: {
    row: PaymentRow
    capture: CapturedMoney
    fees: FeeSchedule
    now: Timestamp
    by: Declaration | undefined
  },
): Promise<void> {
  const { capturedMinor } = capture
  const fee = await feeOfMerchant(tx, { row, capturedMinor, fees })
  const moved = await movePayment(tx, {
    row,
    event: 'payment.succeeded',
    change: {
      status: 'succeeded',
      processor_reference: row.processor_reference ?? capture.reference,
      captured_amount: capturedMinor,
      fee,
      net_amount: capturedMinor - fee,
    },
    guard: sql`status = any(${statusesBefore('succeeded')}::text[])`,
    ...causeOf(row, by, null),
    now,
  })
  await postCapture(tx, [moved])
  await planTask(tx, { row: moved, kind: 'settle', afterSeconds: settleAfterSeconds })
  if (capture.isDisputed) await planTask(tx, { row: moved, kind: 'dispute', afterSeconds: 0 })
  await carryOutReversal(tx, moved, now)
  if (capture.refunds?.length) await requestTask(tx, { row, kind: 'refund', afterSeconds: 0 })
}

/** A declined bank debit is the bank's return. It has its own event for reconciliation. */
async function fail(
  tx: Tx,
  {
    row,
    reference,
    decline,
    now,
    by,
  }: {
    row: PaymentRow
    reference: string | null
    decline: Decline
    now: Timestamp
    by: Declaration | undefined
  },
): Promise<void> {
  const common = { ...causeOf(row, by, decline.code), now }
  const failed = await movePayment(tx, {
    ...common,
    row,
    event: 'payment.failed',
    change: {
      status: 'failed',
      processor_reference: row.processor_reference ?? reference,
      failure_code: decline.code,
      failure_message: decline.message,
    },
    guard: sql`status = any(${statusesBefore('succeeded')}::text[])`,
  })
  // A capture that was declined, or not called, leaves the authorization. An operator may be wrong.
  const isAuthorized = row.payment_method !== 'ach' && !isEnded(decline)
  if (isAuthorized || by) await planTask(tx, { row, kind: 'void', afterSeconds: 0 })
  if (row.payment_method !== 'ach') return
  const guard = sql<SqlBool>`status = 'failed'`
  await movePayment(tx, { ...common, row: failed, event: 'ach.returned', change: {}, guard })
}

/** The fee by the merchant's schedule at the time of the capture. Later schedules do not change it. */
async function feeOfMerchant(
  tx: Tx,
  { row, capturedMinor, fees }: { row: PaymentRow; capturedMinor: number; fees: FeeSchedule },
): Promise<number> {
  const merchant = await findMerchant(tx, row.merchant_id)
  return feeOf(capturedMinor, {
    basisPoints: merchant?.fee_basis_points ?? fees.basisPoints,
    fixedMinor: merchant?.fee_fixed_minor ?? fees.fixedMinor,
  })
}
