import { sql } from 'kysely'
import type { Db } from '../../database/db.ts'
import type { PaymentRow } from '../../database/schema.ts'
import type { Account } from '../../domain/account.ts'

/** Reads a payment and locks its row until the transaction ends. `undefined`: not found. */
export async function lockPayment(
  tx: Db,
  { account, id }: { account: Account; id: string },
): Promise<PaymentRow | undefined> {
  const { rows } = await sql<PaymentRow>`
    select * from payments
    where merchant_id = ${account.merchantId} and livemode = ${account.livemode} and id = ${id}
    for no key update`.execute(tx)
  return rows[0]
}
