import { sql } from 'kysely'
import type { PaymentRow } from '../../database/schema.ts'
import type { Account } from '../../domain/account.ts'
import { statusesThatSettle } from '../../domain/lifecycle.ts'
import type { Timestamp } from '../../domain/time.ts'
import type { Tx } from '../../idempotency/once.ts'
import { postSettlement } from '../../ledger/post.ts'
import { lockPayment, movePayment } from '../transition/move.sql.ts'

/**
 * Writes down that the processor has settled a payment, with an event: what is left of it becomes
 * available to the merchant. Returns the row as it is then; does nothing where it is known already.
 */
export async function settlePayment(
  tx: Tx,
  payment: { account: Account; id: string; settledAt: Timestamp; now: Timestamp },
): Promise<PaymentRow> {
  const row = await lockPayment(tx, payment)
  if (!row) throw new Error('a payment that was settled vanished')
  if (row.settled_at !== null || !statusesThatSettle.includes(row.status)) return row
  const moved = await movePayment(tx, {
    row,
    type: 'payment.settled',
    change: { settled_at: payment.settledAt },
    guard: sql`settled_at is null`,
    actor: { type: 'processor', id: row.processor },
    reason: null,
    now: payment.now,
  })
  await postSettlement(tx, moved)
  return moved
}
