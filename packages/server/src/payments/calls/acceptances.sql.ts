import { sql } from 'kysely'
import type { Db } from '../../database/db.ts'
import type { PaymentRow } from '../../database/schema.ts'
import type { MandateAcceptance } from '../../processors/interface/processor.ts'

type PaymentKey = Pick<PaymentRow, 'merchant_id' | 'livemode' | 'id'>

/** Stores where the customer has accepted the mandate, until the debit is sent. The latest one counts. */
export async function storeAcceptance(
  tx: Db,
  row: PaymentKey,
  { ipAddress, userAgent }: Omit<MandateAcceptance, 'acceptedAt'>,
): Promise<void> {
  await sql`
    insert into mandate_acceptances (merchant_id, livemode, payment_id, ip_address, user_agent,
      accepted_at)
    values (${row.merchant_id}, ${row.livemode}, ${row.id}, ${ipAddress}, ${userAgent}, now())
    on conflict (merchant_id, livemode, payment_id) do update
      set ip_address = excluded.ip_address, user_agent = excluded.user_agent,
        accepted_at = excluded.accepted_at`.execute(tx)
}

/** The stored acceptance of a payment. `null`: the merchant has it, or it was deleted. */
export async function findAcceptance(db: Db, row: PaymentKey): Promise<MandateAcceptance | null> {
  const { rows } = await sql<MandateAcceptance>`
    select ip_address as "ipAddress", user_agent as "userAgent", accepted_at as "acceptedAt"
    from mandate_acceptances
    where merchant_id = ${row.merchant_id} and livemode = ${row.livemode}
      and payment_id = ${row.id}`.execute(db)
  return rows[0] ?? null
}

/** Deletes the acceptance of a payment: it was sent, or will never be. */
export async function deleteAcceptance(
  db: Db,
  row: PaymentKey & Pick<PaymentRow, 'payment_method'>,
): Promise<void> {
  // Cards have no mandate, and most payments are paid by card.
  if (row.payment_method === 'card') return
  await sql`
    delete from mandate_acceptances
    where merchant_id = ${row.merchant_id} and livemode = ${row.livemode}
      and payment_id = ${row.id}`.execute(db)
}
