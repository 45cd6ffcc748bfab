import { sql } from 'kysely'
import { isCluster } from '../../database/cluster/cluster.ts'
import type { Db } from '../../database/db.ts'
import type { CheckoutSessionRow } from '../../database/schema.ts'
import { groupByAccount } from '../../domain/account.ts'
import type { Timestamp } from '../../domain/time.ts'
import { claimFor, isClaimedBy, isFree, isServedHere, released } from '../../jobs/lease.sql.ts'
import type { Lease } from '../../jobs/lease.ts'

type SessionKey = Pick<CheckoutSessionRow, 'merchant_id' | 'livemode' | 'id'>

/**
 * Plans the next check of an open session by a worker. A worker that has claimed the session loses its
 * lease, because the row that it has read is outdated.
 */
export async function planCheck(db: Db, session: SessionKey, at: Timestamp): Promise<void> {
  await sql`
    update checkout_sessions
    set due_at = ${at}::timestamptz, failures = 0, ${released}
    where merchant_id = ${session.merchant_id} and livemode = ${session.livemode}
      and id = ${session.id} and status = 'open'`.execute(db)
}

/**
 * Releases a claimed session and plans its next check. Does nothing if the lease was lost or the
 * session has ended.
 */
export async function releaseSession(
  db: Db,
  session: DueSession,
  next: { at: Timestamp; failures: number },
): Promise<void> {
  await sql`
    update checkout_sessions s
    set due_at = ${next.at}::timestamptz, failures = ${next.failures}, ${released}
    where s.merchant_id = ${session.merchant_id} and s.livemode = ${session.livemode}
      and s.id = ${session.id} and ${isClaimedBy('s', session.lease)} and s.status = 'open'`.execute(
    db,
  )
}

/** An open session that a worker has claimed. */
export interface DueSession extends CheckoutSessionRow {
  lease: Lease
  /** The merchant's time by the database's clock, when the session was claimed. */
  now: Timestamp
}

/**
 * Claims open sessions whose check is due, by the database's clock. Sessions of merchants with a test
 * clock are due by that clock: a second read finds them, as few merchants have one.
 *
 * *Rejected:* sharing this statement with `claimTasks`, which has the same shape. Its reads are ranges of
 * another index, with a lateral read per kind and the shares of accounts between the read and the claim.
 * A common builder would take each of these parts as an argument. The parts with a rule, when a row is
 * free and how it is claimed, are shared (`jobs/lease.sql.ts`).
 */
export async function claimSessions(
  db: Db,
  { limit, leaseSeconds }: { limit: number; leaseSeconds: number },
): Promise<DueSession[]> {
  if (isCluster(db)) return await claimInCluster(db, { limit, leaseSeconds })
  const { rows } = await sql<DueSession>`
    with due as (
      (select merchant_id, livemode, id from checkout_sessions s
        where status = 'open' and due_at <= now() and ${isFree('s')} and ${isServedHere('s')}
        order by due_at limit ${limit})
      union all
      (select s.* from test_clocks c cross join lateral (
          select merchant_id, livemode, id from checkout_sessions s
          where s.status = 'open' and not s.livemode and s.merchant_id = c.merchant_id
            and s.due_at > now() and s.due_at <= now() + make_interval(secs => c.offset_seconds)
            and ${isFree('s')} and ${isServedHere('s')}
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
    set ${claimFor(leaseSeconds)}
    from taken t left join test_clocks c on c.merchant_id = t.merchant_id and not t.livemode
    where s.merchant_id = t.merchant_id and s.livemode = t.livemode and s.id = t.id
    returning s.*, date_trunc('second', now())
      + make_interval(secs => coalesce(c.offset_seconds, 0)) as now`.execute(db)
  return rows
}

/**
 * Claims due sessions in a cluster: it reads those of all nodes without a lock, and claims those of each
 * account by themselves.
 */
async function claimInCluster(
  db: Db,
  { limit, leaseSeconds }: { limit: number; leaseSeconds: number },
): Promise<DueSession[]> {
  const { rows: due } = await sql<SessionKey>`
    (select merchant_id, livemode, id from checkout_sessions s
      where status = 'open' and due_at <= now() and ${isFree('s')}
      order by due_at limit ${limit})
    union all
    (select s.merchant_id, s.livemode, s.id
      from checkout_sessions s join test_clocks c on c.merchant_id = s.merchant_id
      where s.status = 'open' and not s.livemode and c.offset_seconds > 0
        and s.due_at > now() and s.due_at <= now() + make_interval(secs => c.offset_seconds)
        and ${isFree('s')}
      order by s.due_at limit ${limit})`.execute(db)
  const claimed: DueSession[] = []
  for (const [{ merchantId, livemode }, sessions] of groupByAccount(due.slice(0, limit))) {
    const isOfAccount = sql`s.merchant_id = ${merchantId} and s.livemode = ${livemode}`
    const { rows } = await sql<DueSession>`
      with claimed as (
        update checkout_sessions s set ${claimFor(leaseSeconds)}
        from (
          select s.id from checkout_sessions s
          where ${isOfAccount} and s.id = any(${sessions.map(({ id }) => id)}::text[])
            and s.status = 'open' and ${isFree('s')}
          for update skip locked
        ) taken
        where ${isOfAccount} and s.id = taken.id
        returning s.*
      )
      select s.*, date_trunc('second', now()) + make_interval(secs => coalesce((
        select offset_seconds from test_clocks
        where merchant_id = ${merchantId} and not ${livemode}::boolean), 0)) as now
      from claimed s`.execute(db)
    claimed.push(...rows)
  }
  return claimed
}
