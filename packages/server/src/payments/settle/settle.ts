import { sql } from 'kysely'
import type { Tx } from '../../database/db.ts'
import type { PaymentRow } from '../../database/schema.ts'
import type { Account } from '../../domain/account.ts'
import { statusesThatSettle } from '../../domain/lifecycle.ts'
import type { Timestamp } from '../../domain/time.ts'
import { postSettlement } from '../../ledger/post.ts'
import { causeOf, type Declaration } from '../transition/declaration.ts'
import { lockPayment } from '../transition/lock-payment.sql.ts'
import { movePayment } from '../transition/move.sql.ts'

/**
 * Records that the processor has settled a payment, with an event. The rest of the payment becomes
 * available to the merchant. Does nothing where the settlement is recorded already.
 *
 * @returns the row after the step.
 */
export async function settlePayment(
  tx: Tx,
  payment: {
    account: Account
    id: string
    settledAt: Timestamp
    now: Timestamp
    by?: Declaration
  },
): Promise<PaymentRow> {
  const row = await lockPayment(tx, payment)
  if (!row) throw new Error('a settled payment was not found')
  if (row.settled_at !== null || !statusesThatSettle.includes(row.status)) return row
  const moved = await movePayment(tx, {
    row,
    event: 'payment.settled',
    change: { settled_at: payment.settledAt },
    guard: sql`settled_at is null`,
    ...causeOf(row, payment.by, null),
    now: payment.now,
  })
  await postSettlement(tx, moved)
  return moved
}
