import type { Payment } from '@hedgepayments/contract'
import type { Kysely } from 'kysely'
import type { PaymentRow, Schema } from '../../database/schema.ts'
import type { Account } from '../../domain/account.ts'
import { findRefundsOf } from './refunds.sql.ts'
import { renderPayment } from './render.ts'
import { refundsAt } from './render-refund.ts'

/**
 * Payments as the API shows them, in their order. Asks for the refunds of those that have any, in
 * one statement, and for nothing where none has.
 */
export async function renderAllWithRefunds(
  db: Kysely<Schema>,
  account: Account,
  rows: readonly PaymentRow[],
): Promise<Payment[]> {
  const paymentIds = rows.filter((row) => row.refund_count > 0).map((row) => row.id)
  const refunds = await findRefundsOf(db, { account, paymentIds })
  // They were read after the payment and may be newer: they are shown as they were at its version,
  // so that no answer has a refund that failed in an amount that still counts it.
  return rows.map((row) => renderPayment(row, refundsAt(refunds.get(row.id) ?? [], row.sequence)))
}

/** One payment as the API shows it. */
export async function renderWithRefunds(
  db: Kysely<Schema>,
  account: Account,
  row: PaymentRow,
): Promise<Payment> {
  const [payment] = await renderAllWithRefunds(db, account, [row])
  return payment ?? renderPayment(row, [])
}
