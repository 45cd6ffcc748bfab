import type { Kysely } from 'kysely'
import type { LedgerTransferRow, PaymentRow, Schema } from '../database/schema.ts'
import { insertTransfers, type LedgerAccount, sumOfPayment } from './ledger.sql.ts'

type Db = Kysely<Schema>

// The accounts of each merchant and mode:
// - `processor`: what the processor holds for us. Capture brings it, a refund that was paid takes it.
// - `merchant_pending`: what the merchant has earned and the processor has not settled.
// - `merchant_available`: what was settled.
// - `fees`: what the payments have cost.
// - `refunds`: what was promised to customers and the processor has not paid yet.
//
// Each function is called in the transaction that writes the payment's event, with the row as it
// is after it: the row's sequence is that event's, and names the transfer.

/** The payment has succeeded: its amount is earned, less the fee. Takes many rows at once. */
export async function postCapture(tx: Db, rows: readonly PaymentRow[]): Promise<void> {
  await insertTransfers(
    tx,
    rows.flatMap((row) => [
      transfer(row, 'capture', { from: 'merchant_pending', to: 'processor', minor: row.amount }),
      ...(row.fee
        ? [transfer(row, 'fee', { from: 'fees', to: 'merchant_pending', minor: row.fee })]
        : []),
    ]),
  )
}

/** The payment was settled: what is left of it becomes available, or what it lacks is owed. */
export async function postSettlement(tx: Db, row: PaymentRow): Promise<void> {
  const left = await sumOfPayment(tx, {
    account: { merchantId: row.merchant_id, livemode: row.livemode },
    paymentId: row.id,
    name: 'merchant_pending',
  })
  if (left === 0) return
  const [from, to] =
    left > 0
      ? (['merchant_available', 'merchant_pending'] as const)
      : (['merchant_pending', 'merchant_available'] as const)
  await insertTransfers(tx, [transfer(row, 'settlement', { from, to, minor: Math.abs(left) })])
}

/** A refund was promised: from now on it is the customer's. The fee is not given back. */
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

/** The processor refused a refund for good: the amount is the merchant's again. */
export async function postRefundFailed(
  tx: Db,
  row: PaymentRow,
  refundMinor: number,
): Promise<void> {
  await insertTransfers(tx, [
    transfer(row, 'refund_failed', { from: merchantOf(row), to: 'refunds', minor: refundMinor }),
  ])
}

/** A refund that was paid came back to the processor: the amount is the merchant's again. */
export async function postRefundReturned(
  tx: Db,
  row: PaymentRow,
  refundMinor: number,
): Promise<void> {
  await insertTransfers(tx, [
    transfer(row, 'refund_failed', { from: merchantOf(row), to: 'processor', minor: refundMinor }),
  ])
}

function merchantOf(row: PaymentRow): LedgerAccount {
  return row.settled_at === null ? 'merchant_pending' : 'merchant_available'
}

/** `from` is credited, `to` is debited. */
function transfer(
  row: PaymentRow,
  kind: LedgerTransferRow['kind'],
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
