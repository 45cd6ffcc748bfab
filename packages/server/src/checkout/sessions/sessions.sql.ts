import type { CheckoutSession } from '@hedgepayments/contract'
import { sql } from 'kysely'
import type { Db, Tx } from '../../database/db.ts'
import type { CheckoutSessionRow, PaymentRow } from '../../database/schema.ts'
import type { Account } from '../../domain/account.ts'
import type { Timestamp } from '../../domain/time.ts'

type SessionKey = Pick<CheckoutSessionRow, 'merchant_id' | 'livemode' | 'id'>

/** Inserts a session. */
export async function insertSession(db: Db, row: CheckoutSessionRow): Promise<void> {
  await db
    .insertInto('checkout_sessions')
    .values({ ...row, metadata: sql`${JSON.stringify(row.metadata)}::jsonb` })
    .execute()
}

/** Reads a session. `undefined`: the account has none with this id. */
export async function findSession(
  db: Db,
  { account, id }: { account: Account; id: string },
): Promise<CheckoutSessionRow | undefined> {
  const { rows } = await sql<CheckoutSessionRow>`
    select * from checkout_sessions
    where merchant_id = ${account.merchantId} and livemode = ${account.livemode}
      and id = ${id}`.execute(db)
  return rows[0]
}

/** Reads the session that a customer's link names. Not scoped: the link names no account. */
export async function findSessionByLink(
  db: Db,
  id: string,
): Promise<CheckoutSessionRow | undefined> {
  const { rows } = await sql<CheckoutSessionRow>`
    select * from checkout_sessions where id = ${id}`.execute(db)
  return rows[0]
}

/** Reads the payment that a customer's link names. Not scoped: the link names no account. */
export async function findPaymentByLink(db: Db, id: string): Promise<PaymentRow | undefined> {
  const { rows } = await sql<PaymentRow>`select * from payments where id = ${id}`.execute(db)
  return rows[0]
}

/** Locks a session until the transaction ends. Lock its payment first. */
export async function lockSession(
  db: Db,
  { account, id }: { account: Account; id: string },
): Promise<CheckoutSessionRow | undefined> {
  const { rows } = await sql<CheckoutSessionRow>`
    select * from checkout_sessions
    where merchant_id = ${account.merchantId} and livemode = ${account.livemode} and id = ${id}
    for no key update`.execute(db)
  return rows[0]
}

/** Makes a payment the latest one of an open session, and counts the try. */
export async function setPayment(
  db: Db,
  session: SessionKey,
  change: { paymentId: string; customerEmail: string; now: Timestamp },
): Promise<void> {
  await sql`
    update checkout_sessions
    set payment_id = ${change.paymentId}, customer_email = ${change.customerEmail},
      tries = tries + 1, updated_at = greatest(updated_at, ${change.now}::timestamptz)
    where merchant_id = ${session.merchant_id} and livemode = ${session.livemode}
      and id = ${session.id} and status = 'open'`.execute(db)
}

/** Completes or expires an open session. Returns whether it was open. */
export async function setEnded(
  tx: Tx,
  merchantId: string,
  ended: Pick<CheckoutSession, 'livemode' | 'id' | 'status' | 'completed_at' | 'updated_at'>,
): Promise<boolean> {
  const { rows } = await sql`
    update checkout_sessions
    set status = ${ended.status}, completed_at = ${ended.completed_at}::timestamptz,
      updated_at = ${ended.updated_at}::timestamptz
    where merchant_id = ${merchantId} and livemode = ${ended.livemode}
      and id = ${ended.id} and status = 'open'
    returning 1`.execute(tx)
  return rows.length > 0
}
