import type { Db } from '../database/db.ts'
import type { LedgerTransferRow } from '../database/money-rows.ts'
import type { PaymentRow } from '../database/schema.ts'
import { accountOf } from '../domain/account.ts'
import { insertTransfers, type LedgerAccount, sumOfPayment } from './ledger.sql.ts'

// The accounts of each merchant and mode. A balance is credits minus debits, so what is owed to the
// merchant or a customer is positive, and money at the processor is negative:
// - `processor`: money at the processor. A capture debits it; a paid refund, a disputed amount and the
//   fee for a dispute credit it.
// - `merchant_pending`: earnings of the merchant that the processor has not settled.
// - `merchant_available`: settled earnings.
// - `fees`: fees of the payments.
// - `refunds`: refunds that the processor has not paid yet.
//
// Call each function in the transaction that writes the payment's event, with the row after the step.
// The row's sequence is the event's, and is part of the transfer's key.

/** Payments have succeeded: the merchant has earned their amounts minus the fees. */
export async function postCapture(tx: Db, rows: readonly PaymentRow[]): Promise<void> {
  await insertTransfers(
    tx,
    rows.flatMap((row) => [
      transfer(row, 'capture', {
        from: 'merchant_pending',
        to: 'processor',
        minor: row.captured_amount,
      }),
      ...(row.fee
        ? [transfer(row, 'fee', { from: 'fees', to: 'merchant_pending', minor: row.fee })]
        : []),
    ]),
  )
}

/** The payment was settled, or returned: its pending balance becomes available, also where it is negative. */
export async function postSettlement(tx: Db, row: PaymentRow): Promise<void> {
  const pendingMinor = await sumOfPayment(tx, {
    account: accountOf(row),
    paymentId: row.id,
    name: 'merchant_pending',
  })
  if (pendingMinor === 0) return
  const [from, to] =
    pendingMinor > 0
      ? (['merchant_available', 'merchant_pending'] as const)
      : (['merchant_pending', 'merchant_available'] as const)
  await insertTransfers(tx, [
    transfer(row, 'settlement', { from, to, minor: Math.abs(pendingMinor) }),
  ])
}

/** A refund was requested: the merchant owes the amount to the customer. The fee is not refunded. */
export async function postRefund(tx: Db, row: PaymentRow, refundMinor: number): Promise<void> {
  await insertTransfers(tx, [
    transfer(row, 'refund', { from: 'refunds', to: merchantOf(row), minor: refundMinor }),
  ])
}

/** The processor has paid a refund. */
export async function postRefundPaid(tx: Db, row: PaymentRow, refundMinor: number): Promise<void> {
  await insertTransfers(tx, [
    transfer(row, 'refund_paid', { from: 'processor', to: 'refunds', minor: refundMinor }),
  ])
}

/** The processor declined a refund: the amount is the merchant's again. */
export async function postRefundFailed(
  tx: Db,
  row: PaymentRow,
  refundMinor: number,
): Promise<void> {
  await insertTransfers(tx, [
    transfer(row, 'refund_failed', { from: merchantOf(row), to: 'refunds', minor: refundMinor }),
  ])
}

/** A paid refund came back to the processor: the amount is the merchant's again. */
export async function postRefundReturned(
  tx: Db,
  row: PaymentRow,
  refundMinor: number,
): Promise<void> {
  await insertTransfers(tx, [
    transfer(row, 'refund_failed', { from: merchantOf(row), to: 'processor', minor: refundMinor }),
  ])
}

/**
 * The processor has withdrawn a disputed amount or charged a fee for the dispute, or has returned them.
 * Negative amounts were returned. Money of a canceled or failed payment is in no balance, so only the fee
 * is posted for it.
 */
export async function postDispute(
  tx: Db,
  row: PaymentRow,
  dispute: { currency: string; withdrawnMinor: number; feeMinor: number },
): Promise<void> {
  const { currency, withdrawnMinor, feeMinor } = dispute
  const isEarned = row.captured_amount > 0
  // A settlement moves the pending balance of the payment's own currency only.
  const isPending = isEarned && currency === row.currency
  const merchant = isPending ? merchantOf(row) : 'merchant_available'
  const taken = { from: 'processor', to: merchant } as const
  const returned = { from: merchant, to: 'processor' } as const
  const transfers: LedgerTransferRow[] = []
  const post = (kinds: { taken: Kind; returned: Kind }, minor: number) => {
    const own = { ...row, currency }
    if (minor > 0) transfers.push(transfer(own, kinds.taken, { ...taken, minor }))
    if (minor < 0) transfers.push(transfer(own, kinds.returned, { ...returned, minor: -minor }))
  }
  if (isEarned) post({ taken: 'dispute', returned: 'dispute_returned' }, withdrawnMinor)
  post({ taken: 'dispute_fee', returned: 'dispute_fee_returned' }, feeMinor)
  await insertTransfers(tx, transfers)
}

type Kind = LedgerTransferRow['kind']

function merchantOf(row: PaymentRow): LedgerAccount {
  // A returned payment was settled by its return.
  const isSettled = row.settled_at !== null || row.status === 'failed'
  return isSettled ? 'merchant_available' : 'merchant_pending'
}

/** `from` is credited, `to` is debited. */
function transfer(
  row: PaymentRow,
  kind: Kind,
  { from, to, minor }: { from: LedgerAccount; to: LedgerAccount; minor: number },
): LedgerTransferRow {
  return {
    merchant_id: row.merchant_id,
    livemode: row.livemode,
    payment_id: row.id,
    event_sequence: row.sequence,
    kind,
    debit_account: to,
    credit_account: from,
    amount: minor,
    currency: row.currency,
    created_at: row.updated_at,
  }
}
