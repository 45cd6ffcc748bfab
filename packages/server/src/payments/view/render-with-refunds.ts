import type { Payment } from '@hedgepayments/contract'
import type { Db } from '../../database/db.ts'
import type { PaymentRow } from '../../database/schema.ts'
import type { Account } from '../../domain/account.ts'
import { findRefundsOf } from './refunds.sql.ts'
import { renderPayment } from './render.ts'
import { refundsAt } from './render-refund.ts'

/**
 * Renders payments with their refunds, in their order. One statement reads the refunds of all payments
 * that have refunds. Without refunds, no statement runs.
 */
export async function renderAllWithRefunds(
  db: Db,
  account: Account,
  rows: readonly PaymentRow[],
): Promise<Payment[]> {
  const paymentIds = rows.filter((row) => row.refund_count > 0).map((row) => row.id)
  const refunds = await findRefundsOf(db, { account, paymentIds })
  // The refunds were read after the payments, and may be newer. They are shown as of the payment's
  // version, so that `refunded_amount` always matches them.
  return rows.map((row) => renderPayment(row, refundsAt(refunds.get(row.id) ?? [], row.sequence)))
}

/** Renders one payment with its refunds. */
export async function renderWithRefunds(
  db: Db,
  account: Account,
  row: PaymentRow,
): Promise<Payment> {
  const [payment] = await renderAllWithRefunds(db, account, [row])
  return payment ?? renderPayment(row, [])
}
