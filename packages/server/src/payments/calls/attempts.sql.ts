import type { ActorType, AttemptKind, AttemptOutcome } from '@hedgepayments/contract'
import { type SqlBool, sql } from 'kysely'
import type { Db } from '../../database/db.ts'
import type { PaymentRow } from '../../database/schema.ts'
import type { PaymentAttemptRow } from '../../database/task-rows.ts'
import { type Account, groupByAccount } from '../../domain/account.ts'
import type { Timestamp } from '../../domain/time.ts'
import { isServedHere } from '../../jobs/lease.sql.ts'
import { LeaseLostError } from '../../jobs/lease.ts'
import { keptFailureCode } from '../../processors/interface/results.ts'
import { claimedRow, type TaskClaim } from '../tasks/claimed-tasks.sql.ts'

type PaymentKey = Pick<PaymentRow, 'merchant_id' | 'livemode' | 'id'>

/** A call to a processor that is about to be made. */
export interface NewAttempt {
  readonly kind: AttemptKind
  readonly processor: string
  readonly processorKey: string
  readonly requestKey: string | null
  readonly actor: { readonly type: ActorType; readonly id: string | null }
  readonly now: Timestamp
  /** The call's submission: a new one, or an earlier one by its number. A worker's call has none. */
  readonly submission?: { readonly leaseSeconds: number } | { readonly number: number } | null
}

/**
 * Records a call to the processor before it is made. Returns its number, which counts the calls of the
 * payment.
 *
 * @throws {LeaseLostError} where the claim of `task` is lost. Nothing is recorded then.
 */
export async function insertAttempt(
  db: Db,
  row: PaymentKey,
  attempt: NewAttempt,
  task?: TaskClaim,
): Promise<number> {
  const { submission = null } = attempt
  const leaseSeconds = submission && 'leaseSeconds' in submission ? submission.leaseSeconds : null
  const first = submission && 'number' in submission ? submission.number : null
  // Two calls that begin at once compute the same number. The loser tries again.
  for (;;) {
    const { rows } = await sql<{ number: number | null; claimed: boolean }>`
      with claimed as materialized (${task ? claimedRow(task) : sql`select 1`}), inserted as (
        insert into payment_attempts (merchant_id, livemode, payment_id, number, kind, processor,
          processor_key, request_key, actor_type, actor_id, started_at, submission, leased_until)
        select ${row.merchant_id}, ${row.livemode}::boolean, ${row.id},
          coalesce(max(number), 0) + 1, ${attempt.kind}, ${attempt.processor},
          ${attempt.processorKey}, ${attempt.requestKey}, ${attempt.actor.type},
          ${attempt.actor.id}, ${attempt.now}::timestamptz,
          case when ${leaseSeconds}::float8 is null then ${first}::integer
            else coalesce(max(number), 0) + 1 end,
          coalesce(now() + make_interval(secs => ${leaseSeconds}::float8),
            max(leased_until) filter (where number = ${first}::integer))
        from payment_attempts
        where merchant_id = ${row.merchant_id} and livemode = ${row.livemode}
          and payment_id = ${row.id}
        having exists (select from claimed)
        on conflict do nothing
        returning number
      )
      select (select number from inserted) as number,
        exists (select from claimed) as claimed`.execute(db)
    const inserted = rows[0]
    if (!inserted?.claimed) throw new LeaseLostError()
    if (inserted.number !== null) return inserted.number
  }
}

/** The result of a call. */
export interface AttemptEnd {
  readonly outcome: AttemptOutcome
  readonly code: string | null
  readonly message: string | null
  readonly now: Timestamp
}

/**
 * Records the result of a call. Only `interrupted` is replaced, because it means no result yet. A failure that
 * the processor keeps does not replace it: the next caller may have made its look-up before that failure, and
 * would take the next key although the processor has carried out the call.
 */
export async function endAttempt(
  db: Db,
  { row, number, end }: { row: PaymentKey; number: number; end: AttemptEnd },
): Promise<void> {
  await sql`
    update payment_attempts
    set outcome = ${end.outcome}, code = ${end.code}, message = ${end.message},
      ended_at = greatest(started_at, ${end.now}::timestamptz)
    where merchant_id = ${row.merchant_id} and livemode = ${row.livemode}
      and payment_id = ${row.id} and number = ${number}
      and (outcome is null or outcome = 'unknown' and code = 'interrupted'
        and ${end.code}::text is distinct from ${keptFailureCode}::text)`.execute(db)
}

/** The result of a call whose caller has stopped. */
const interrupted = sql`outcome = 'unknown', code = 'interrupted',
  message = 'The caller stopped before it answered.'`

/**
 * Ends the open calls of a payment, whose callers have stopped. A worker that has lost the claim of
 * its `task` ends none, because they may be calls of the next worker.
 */
export async function abandonAttempts(
  db: Db,
  { row, now, task }: { row: PaymentKey; now: Timestamp; task?: TaskClaim },
): Promise<void> {
  await sql`
    with claimed as materialized (${task ? claimedRow(task) : sql`select 1`})
    update payment_attempts
    set ${interrupted},
      ended_at = greatest(started_at, ${now}::timestamptz)
    where merchant_id = ${row.merchant_id} and livemode = ${row.livemode}
      and payment_id = ${row.id} and outcome is null and exists (select from claimed)`.execute(db)
}

/** A call ends after ten seconds. If it has no result after thirty, its caller has stopped. */
const abandonedSeconds = 30
/** Rows per statement. */
const abandonedPerStep = 200

/**
 * Ends calls of dead processes. The payments may need nothing more, so no task would end these calls.
 * A process that was only paused, and continues, replaces `interrupted` by its result.
 *
 * @returns whether there may be more.
 */
export async function endAbandonedAttempts(db: Db): Promise<boolean> {
  // Found without a lock and ended account by account, so that they may be on several nodes.
  const isAbandoned = sql`a.outcome is null
        and a.began_at < now() - make_interval(secs => ${abandonedSeconds})
        and (a.leased_until is null or a.leased_until < now())`
  const { rows } = await sql<AbandonedCall>`
    select a.merchant_id, a.livemode, a.payment_id, a.number,
      now() + make_interval(secs => coalesce(c.offset_seconds, 0)) as at
    from payment_attempts a left join test_clocks c
      on c.merchant_id = a.merchant_id and not a.livemode
    where ${isAbandoned} and ${isServedHere('a')} limit ${abandonedPerStep}`.execute(db)
  let ended = 0
  for (const [{ merchantId, livemode }, calls] of groupByAccount(rows)) {
    const updated = await sql`
      update payment_attempts a
      set ${interrupted}, ended_at = date_trunc('second', ${calls[0]?.at}::timestamptz)
      from (
        select a.payment_id, a.number from payment_attempts a
        where a.merchant_id = ${merchantId} and a.livemode = ${livemode}
          and (a.payment_id, a.number) in (
            select * from unnest(${calls.map((call) => call.payment_id)}::text[],
              ${calls.map((call) => call.number)}::integer[]))
          and ${isAbandoned}
        for update skip locked
      ) b
      where a.merchant_id = ${merchantId} and a.livemode = ${livemode}
        and a.payment_id = b.payment_id and a.number = b.number`.execute(db)
    ended += Number(updated.numAffectedRows ?? 0)
  }
  return ended === abandonedPerStep
}

/** An open call whose caller has stopped, and its merchant's time. */
interface AbandonedCall {
  merchant_id: string
  livemode: boolean
  payment_id: string
  number: number
  at: Timestamp
}

/** The latest call of some kinds; where `firstKey` is given, with that key or one derived from it. */
export async function findLastAttempt(
  db: Db,
  {
    row,
    kinds,
    firstKey = null,
  }: { row: PaymentKey; kinds: readonly AttemptKind[]; firstKey?: string | null },
): Promise<PaymentAttemptRow | undefined> {
  const { rows } = await sql<PaymentAttemptRow>`
    select * from payment_attempts
    where merchant_id = ${row.merchant_id} and livemode = ${row.livemode}
      and payment_id = ${row.id} and kind = any(${kinds}::text[])
      and (${firstKey}::text is null or processor_key = ${firstKey}
        or starts_with(processor_key, ${firstKey} || ':'))
    order by number desc limit 1`.execute(db)
  return rows[0]
}

/** How many calls of a kind the processor has answered, and when the last of them was made. */
export async function countAnswered(
  db: Db,
  { row, kind }: { row: PaymentKey; kind: AttemptKind },
): Promise<{ count: number; lastAt: Timestamp | null }> {
  const { rows } = await sql<{ count: number; lastAt: Timestamp | null }>`
    select count(*)::integer as count, max(started_at) as "lastAt" from payment_attempts
    where merchant_id = ${row.merchant_id} and livemode = ${row.livemode}
      and payment_id = ${row.id} and kind = ${kind} and outcome <> 'unknown'`.execute(db)
  return rows[0] ?? { count: 0, lastAt: null }
}

/** Seconds since the start of the last look-up, by the database's clock; `null`: no look-up yet. */
export async function secondsSinceLookUp(db: Db, row: PaymentKey): Promise<number | null> {
  const { rows } = await sql<{ seconds: number | null }>`
    select extract(epoch from now() - max(began_at))::double precision as seconds
    from payment_attempts
    where merchant_id = ${row.merchant_id} and livemode = ${row.livemode}
      and payment_id = ${row.id} and kind = 'look_up'`.execute(db)
  return rows[0]?.seconds ?? null
}

/** The latest submission of a payment, with its last call. */
export interface LatestSubmission {
  /** The fencing token of the payment: the number grows with each submission. */
  readonly submission: number
  readonly requestKey: string | null
  readonly outcome: AttemptOutcome | null
  /** Whether the lease is valid, by the database's clock. */
  readonly isLeased: boolean
}

/** Finds the submission that may move a payment; `undefined`: no submission yet. */
export async function findLatestSubmission(
  db: Db,
  row: PaymentKey,
): Promise<LatestSubmission | undefined> {
  const { rows } = await sql<LatestSubmission>`
    select submission, request_key as "requestKey", outcome,
      coalesce(leased_until > now(), false) as "isLeased"
    from payment_attempts
    where merchant_id = ${row.merchant_id} and livemode = ${row.livemode}
      and payment_id = ${row.id} and submission is not null
    order by submission desc, number desc limit 1`.execute(db)
  return rows[0]
}

/** A condition of an update of `payments`: no submission has begun after this one. */
export function isLatestSubmission(submission: number) {
  return sql<SqlBool>`not exists (
    select from payment_attempts a
    where a.merchant_id = payments.merchant_id and a.livemode = payments.livemode
      and a.payment_id = payments.id and a.submission > ${submission}::integer)`
}

/** A page of a payment's calls, newest first. */
export async function listAttempts(
  db: Db,
  query: { account: Account; paymentId: string; before: number | null; limit: number },
): Promise<{ rows: PaymentAttemptRow[]; hasMore: boolean }> {
  const { account, limit } = query
  const { rows } = await sql<PaymentAttemptRow>`
    select * from payment_attempts
    where merchant_id = ${account.merchantId} and livemode = ${account.livemode}
      and payment_id = ${query.paymentId}
      and (${query.before}::integer is null or number < ${query.before}::integer)
    order by number desc limit ${limit + 1}`.execute(db)
  return { rows: rows.slice(0, limit), hasMore: rows.length > limit }
}
