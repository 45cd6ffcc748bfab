import type { CheckoutSession } from '@hedgepayments/contract'
import { type Kysely, sql } from 'kysely'
import type { CheckoutSessionRow, PaymentRow, Schema } from '../../database/schema.ts'
import type { Account } from '../../domain/account.ts'
import type { Timestamp } from '../../domain/time.ts'
import { isFree, leaseEnd } from '../../jobs/lease.sql.ts'
import { type Lease, newLease } from '../../jobs/lease.ts'

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

/**
 * Has a worker look at an open session at this time. A worker that has claimed the session loses its
 * lease: what it knows is outdated.
 */
export async function lookBy(db: Db, session: SessionKey, at: Timestamp): Promise<void> {
  await sql`
    update checkout_sessions
    set due_at = ${at}::timestamptz, failures = 0, lease = null, leased_until = null
    where merchant_id = ${session.merchant_id} and livemode = ${session.livemode}
      and id = ${session.id} and status = 'open'`.execute(db)
}

/**
 * Releases a session that a worker has claimed, until its next look. Does nothing where the session
 * is another worker's, has got another try, or has ended.
 */
export async function releaseSession(
  db: Db,
  session: DueSession,
  next: { at: Timestamp; failures: number },
): Promise<void> {
  await sql`
    update checkout_sessions
    set due_at = ${next.at}::timestamptz, failures = ${next.failures}, lease = null,
      leased_until = null
    where merchant_id = ${session.merchant_id} and livemode = ${session.livemode}
      and id = ${session.id} and lease = ${session.lease} and status = 'open'`.execute(db)
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

/** An open session that a worker has claimed. */
export interface DueSession extends CheckoutSessionRow {
  lease: Lease
  /** The merchant's time by the database's clock, when the session was claimed. */
  now: Timestamp
}

/**
 * Claims open sessions that are due to be looked at, by the database's clock; other workers skip
 * them meanwhile. Those of merchants whose test clock is ahead are due by that clock: a second read,
 * for the few who have one.
 */
export async function claimSessions(
  db: Db,
  { limit, leaseSeconds }: { limit: number; leaseSeconds: number },
): Promise<DueSession[]> {
  const { rows } = await sql<DueSession>`
    with due as (
      (select merchant_id, livemode, id from checkout_sessions s
        where status = 'open' and due_at <= now() and ${isFree('s')}
        order by due_at limit ${limit})
      union all
      (select s.* from test_clocks c cross join lateral (
          select merchant_id, livemode, id from checkout_sessions s
          where s.status = 'open' and not s.livemode and s.merchant_id = c.merchant_id
            and s.due_at > now() and s.due_at <= now() + make_interval(secs => c.offset_seconds)
            and ${isFree('s')}
          order by s.due_at limit ${limit}
        ) s
        where c.offset_seconds > 0)
    ), taken as materialized (
      select s.* from due d cross join lateral (
        select merchant_id, livemode, id from checkout_sessions s
        where s.merchant_id = d.merchant_id and s.livemode = d.livemode and s.id = d.id
          and s.status = 'open' and ${isFree('s')}
        for update skip locked
      ) s
      limit ${limit}
    )
    update checkout_sessions s
    set lease = ${newLease()}, leased_until = ${leaseEnd(leaseSeconds)}
    from taken t left join test_clocks c on c.merchant_id = t.merchant_id and not t.livemode
    where s.merchant_id = t.merchant_id and s.livemode = t.livemode and s.id = t.id
    returning s.*, date_trunc('second', now())
      + make_interval(secs => coalesce(c.offset_seconds, 0)) as now`.execute(db)
  return rows
}
