import { sql } from 'kysely'
import type { Db } from '../../database/db.ts'
import type { PaymentRow } from '../../database/schema.ts'
import type { PaymentToken } from '../../domain/payment-token.ts'

/**
 * Writes on a locked payment which processor it goes to, and with which token. The API does not
 * show these columns, so the payment keeps its version and gets no event.
 *
 * @returns the row after the change.
 */
export async function assignProcessor(
  tx: Db,
  row: PaymentRow,
  { processor, token }: { processor: string; token: PaymentToken },
): Promise<PaymentRow> {
  await sql`
    update payments set processor = ${processor}, payment_method_token = ${token}
    where merchant_id = ${row.merchant_id} and livemode = ${row.livemode}
      and id = ${row.id}`.execute(tx)
  return { ...row, processor, payment_method_token: token }
}

/**
 * Writes the processor's id of a debit on its payment, which the processor has accepted and not decided.
 * The first one stays. As above, the payment keeps its version.
 */
export async function assignReference(tx: Db, row: PaymentRow, reference: string): Promise<void> {
  await sql`
    update payments set processor_reference = ${reference}
    where merchant_id = ${row.merchant_id} and livemode = ${row.livemode} and id = ${row.id}
      and processor_reference is null`.execute(tx)
}
