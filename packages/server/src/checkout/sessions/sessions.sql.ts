import type { CheckoutSession } from '@hedgepayments/contract'
import { sql } from 'kysely'
import type { Db } from '../../database/db.ts'
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

/** Reads the session whose latest payment this is. */
export async function findSessionOfPayment(
  db: Db,
  payment: Pick<PaymentRow, 'merchant_id' | 'livemode' | 'id'>,
): Promise<CheckoutSessionRow | undefined> {
  const { rows } = await sql<CheckoutSessionRow>`
    select * from checkout_sessions
    where merchant_id = ${payment.merchant_id} and livemode = ${payment.livemode}
      and payment_id = ${payment.id}`.execute(db)
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

/** Completes or expires an open session, and inserts the event with the session's new state. */
export async function endSession(
  db: Db,
  shown: CheckoutSession,
  end: { merchantId: string; actorType: string; actorId: string | null },
): Promise<void> {
  const type = shown.status === 'complete' ? 'checkout.completed' : 'checkout.expired'
  await sql`
    with ended as (
      update checkout_sessions
      set status = ${shown.status}, completed_at = ${shown.completed_at}::timestamptz,
        updated_at = ${shown.updated_at}::timestamptz
      where merchant_id = ${end.merchantId} and livemode = ${shown.livemode}
        and id = ${shown.id} and status = 'open'
      returning merchant_id, livemode, id
    )
    insert into events (merchant_id, livemode, subject_id, sequence, type, created_at, actor_type,
      actor_id, state)
    select merchant_id, livemode, id, 1, ${type}, ${shown.updated_at}::timestamptz,
      ${end.actorType}, ${end.actorId}, ${JSON.stringify({ data: shown })}::jsonb
    from ended`.execute(db)
}
