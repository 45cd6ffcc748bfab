import { sql } from 'kysely'
import type { Db } from '../../database/db.ts'
import type { PaymentRow } from '../../database/schema.ts'
import { deleteAcceptance } from '../calls/acceptances.sql.ts'

/**
 * Records the processor's id of a debit that it has accepted and not decided. The API does not show it,
 * so the payment keeps its version and gets no event. The processor has the customer's acceptance now.
 */
export async function recordSentDebit(
  tx: Db,
  { row, reference }: { row: PaymentRow; reference: string },
): Promise<void> {
  await sql`
    update payments set processor_reference = ${reference}
    where merchant_id = ${row.merchant_id} and livemode = ${row.livemode} and id = ${row.id}
      and processor_reference is null`.execute(tx)
  await deleteAcceptance(tx, row)
}
