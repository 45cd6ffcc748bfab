import type { ActorType, AttemptKind, AttemptOutcome } from '@hedgepayments/contract'
import { type Kysely, type SqlBool, sql } from 'kysely'
import type { PaymentRow, Schema } from '../../database/schema.ts'
import type { PaymentAttemptRow } from '../../database/task-rows.ts'
import type { Account } from '../../domain/account.ts'
import type { Timestamp } from '../../domain/time.ts'
import { LeaseLostError } from '../../jobs/lease.ts'
import { type HeldTask, heldRow } from '../tasks/claimed-tasks.sql.ts'

type Db = Kysely<Schema>
type PaymentKey = Pick<PaymentRow, 'merchant_id' | 'livemode' | 'id'>

export interface NewAttempt {
  readonly kind: AttemptKind
  readonly processor: string
  readonly processorKey: string
  readonly requestKey: string | null
  readonly actor: { readonly type: ActorType; readonly id: string | null }
  readonly now: Timestamp
  /** The submission that makes the call: a new one, or one by its number. A worker's call has none. */
  readonly submission?: { readonly leaseSeconds: number } | { readonly number: number } | null
}

/**
 * Records that a call to the processor is about to be made. Returns its number.
 *
 * @throws {LeaseLostError} where the call is for a `task` that the caller does not hold any more.
 */
export async function insertAttempt(
  db: Db,
  row: PaymentKey,
  attempt: NewAttempt,
  task?: HeldTask,
): Promise<number> {
  const { submission = null } = attempt
  const leaseSeconds = submission && 'leaseSeconds' in submission ? submission.leaseSeconds : null
  const first = submission && 'number' in submission ? submission.number : null
  // Two calls that begin at once ask for the same number: one of them asks again.
  for (;;) {
    const { rows } = await sql<{ number: number | null; held: boolean }>`
      with held as materialized (${task ? heldRow(task) : sql`select 1`}), inserted as (
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
        having exists (select from held)
        on conflict do nothing
        returning number
      )
      select (select number from inserted) as number, exists (select from held) as held`.execute(db)
    const inserted = rows[0]
    if (!inserted?.held) throw new LeaseLostError()
    if (inserted.number !== null) return inserted.number
  }
}

export interface AttemptEnd {
  readonly outcome: AttemptOutcome
  readonly code: string | null
  readonly message: string | null
  readonly now: Timestamp
}

/** Records the result of a call, which it gets once: `interrupted` says that none has come yet. */
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
      and (outcome is null or outcome = 'unknown' and code = 'interrupted')`.execute(db)
}

/** What a call came to whose caller is gone. */
const interrupted = sql`outcome = 'unknown', code = 'interrupted',
  message = 'The caller stopped before it answered.'`

/**
 * Ends calls whose caller is gone. A worker that does not hold its `task` any more ends none: they
 * may be those of the worker that holds it now.
 */
export async function giveUpAttempts(
  db: Db,
  { row, now, task }: { row: PaymentKey; now: Timestamp; task?: HeldTask },
): Promise<void> {
  await sql`
    with held as materialized (${task ? heldRow(task) : sql`select 1`})
    update payment_attempts
    set ${interrupted},
      ended_at = greatest(started_at, ${now}::timestamptz)
    where merchant_id = ${row.merchant_id} and livemode = ${row.livemode}
      and payment_id = ${row.id} and outcome is null and exists (select from held)`.execute(db)
}

/** A call has ten seconds. One that has not ended after thirty has lost whoever made it. */
const abandonedSeconds = 30
/** Rows of one step. */
const abandonedPerStep = 200

/**
 * Ends calls whose process died where nothing is left to do to the payment: another process may
 * have settled it before, during or after such a call. Whoever only stood still, and comes back
 * with the answer, writes that over it. Returns whether there may be more.
 */
export async function endAbandonedAttempts(db: Db): Promise<boolean> {
  const { rows } = await sql`
    with abandoned as (
      select a.merchant_id, a.livemode, a.payment_id, a.number,
        now() + make_interval(secs => coalesce(c.offset_seconds, 0)) as at
      from payment_attempts a left join test_clocks c
        on c.merchant_id = a.merchant_id and not a.livemode
      where a.outcome is null and a.began_at < now() - make_interval(secs => ${abandonedSeconds})
        and (a.leased_until is null or a.leased_until < now())
      limit ${abandonedPerStep}
      for update of a skip locked
    )
    update payment_attempts a
    set ${interrupted},
      ended_at = date_trunc('second', b.at)
    from abandoned b
    where a.merchant_id = b.merchant_id and a.livemode = b.livemode
      and a.payment_id = b.payment_id and a.number = b.number
    returning a.number`.execute(db)
  return rows.length === abandonedPerStep
}

/** The latest call of some kinds; by `firstKey` or a key that followed it, where that is given. */
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

/** Seconds since the last look-up of a payment began, by the database's clock; `null`: none did. */
export async function secondsSinceLookUp(db: Db, row: PaymentKey): Promise<number | null> {
  const { rows } = await sql<{ seconds: number | null }>`
    select extract(epoch from now() - max(began_at))::double precision as seconds
    from payment_attempts
    where merchant_id = ${row.merchant_id} and livemode = ${row.livemode}
      and payment_id = ${row.id} and kind = 'look_up'`.execute(db)
  return rows[0]?.seconds ?? null
}

/** The last call of the latest submission of a payment. */
export interface LatestSubmission {
  /** Its number grows with each submission: the fencing token of the payment. */
  readonly submission: number
  readonly requestKey: string | null
  readonly outcome: AttemptOutcome | null
  /** Whether its lease runs, by the database's clock. */
  readonly isLeased: boolean
}

/** Finds the submission that may move a payment; `undefined`: there was none yet. */
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

/** Of a payment's row that is updated: no submission has begun after this one. */
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
