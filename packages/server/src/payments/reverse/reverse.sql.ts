import { sql } from 'kysely'
import type { Db } from '../../database/db.ts'
import type { EventRow, PaymentRow } from '../../database/schema.ts'

/** The actor and the reason of the reversal that was requested for a payment, from its event. */
export async function findReversalRequest(
  db: Db,
  row: PaymentRow,
): Promise<Pick<EventRow, 'actor_id' | 'reason'> | undefined> {
  const { rows } = await sql<Pick<EventRow, 'actor_id' | 'reason'>>`
    select actor_id, reason from events
    where merchant_id = ${row.merchant_id} and livemode = ${row.livemode}
      and subject_id = ${row.id} and type = 'payment.reversal_requested'
    order by sequence desc limit 1`.execute(db)
  return rows[0]
}
