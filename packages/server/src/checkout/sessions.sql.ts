import type { CheckoutSession } from '@hedgepayments/contract'
import { type Kysely, sql } from 'kysely'
import type { CheckoutSessionRow, PaymentRow, Schema, Timestamp } from '../database/schema.ts'
import type { Account } from '../http/auth.ts'

type Db = Kysely<Schema>
type SessionKey = Pick<CheckoutSessionRow, 'merchant_id' | 'livemode' | 'id'>

export async function insertSession(db: Db, row: CheckoutSessionRow): Promise<void> {
  await db
    .insertInto('checkout_sessions')
    .values({ ...row, metadata: sql`${JSON.stringify(row.metadata)}::jsonb` })
    .execute()
}

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

/** The session a customer's link names, and the account that it belongs to. */
export async function findSessionByLink(
  db: Db,
  id: string,
): Promise<CheckoutSessionRow | undefined> {
  const { rows } = await sql<CheckoutSessionRow>`
    select * from checkout_sessions where id = ${id}`.execute(db)
  return rows[0]
}

/** The payment a customer's link names, and the account that it belongs to. */
export async function findPaymentByLink(db: Db, id: string): Promise<PaymentRow | undefined> {
  const { rows } = await sql<PaymentRow>`select * from payments where id = ${id}`.execute(db)
  return rows[0]
}

/** The session whose latest payment this is. */
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

/** Locks a payment until the transaction ends. Comes before the lock on its session. */
export async function lockPayment(
  db: Db,
  { account, id }: { account: Account; id: string },
): Promise<PaymentRow | undefined> {
  const { rows } = await sql<PaymentRow>`
    select * from payments
    where merchant_id = ${account.merchantId} and livemode = ${account.livemode} and id = ${id}
    for no key update`.execute(db)
  return rows[0]
}

/** Locks a session until the transaction ends. */
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

/** Sets the payment of the next try, and has a worker look soon what became of it. */
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

/** Has a worker look at an open session not later than this. */
export async function lookBy(db: Db, session: SessionKey, at: Timestamp): Promise<void> {
  await sql`
    update checkout_sessions set look_at = ${at}::timestamptz
    where merchant_id = ${session.merchant_id} and livemode = ${session.livemode}
      and id = ${session.id} and status = 'open'`.execute(db)
}

/** Ends an open session and notes the event with the session as it is then. */
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

/**
 * Open sessions that are due to be looked at. Those of merchants whose test clock is ahead are due
 * by that clock: a second read, for the few who have one.
 */
export async function dueSessions(
  db: Db,
  { now, limit }: { now: Timestamp; limit: number },
): Promise<CheckoutSessionRow[]> {
  const { rows } = await sql<CheckoutSessionRow>`
    (select * from checkout_sessions
      where status = 'open' and look_at <= ${now}::timestamptz
      order by look_at limit ${limit})
    union all
    (select s.* from test_clocks c cross join lateral (
        select * from checkout_sessions s
        where s.status = 'open' and not s.livemode and s.merchant_id = c.merchant_id
          and s.look_at > ${now}::timestamptz
          and s.look_at <= ${now}::timestamptz + make_interval(secs => c.offset_seconds)
        order by s.look_at limit ${limit}
      ) s
      where c.offset_seconds > 0)`.execute(db)
  return rows
}
