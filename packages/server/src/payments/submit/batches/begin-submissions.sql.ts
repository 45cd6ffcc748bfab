import type { ActorType } from '@hedgepayments/contract'
import { sql } from 'kysely'
import { onNode } from '../../../database/cluster/cluster.ts'
import type { PaymentRow } from '../../../database/schema.ts'
import { type EntryColumn, entryRows } from '../../../database/statements/entries.ts'
import { runPrepared, type Statements } from '../../../database/statements/prepared.ts'
import type { Account } from '../../../domain/account.ts'
import { statusesBefore } from '../../../domain/lifecycle.ts'
import type { PaymentToken } from '../../../domain/payment-token.ts'
import type { Timestamp } from '../../../domain/time.ts'
import type { IdempotencyKey } from '../../../http/request/idempotency-key.ts'
import type { KeyLease, LeaseToken } from '../../../idempotency/lease.sql.ts'
import { assignRows } from '../../transition/rows/assign-rows.sql.ts'
import { paymentColumns } from '../../view/columns.ts'

/** The first submission of a payment, which nobody has sent to a processor. */
export interface FirstSubmission {
  readonly account: Account
  readonly paymentId: string
  /** `null`: the token that the payment has. */
  readonly token: PaymentToken | null
  readonly actor: { readonly type: ActorType; readonly id: string | null }
  readonly now: Timestamp
  readonly operationId: string
  readonly idempotency: IdempotencyKey | null
  /** The lease on the idempotency key, where the caller has one already. */
  readonly lease: KeyLease | null
  /** The processor of merchants without credentials of their own. */
  readonly processor: string
  readonly leaseSeconds: number
}

/** A submission that was recorded, with its first call: an authorization. */
export interface BegunSubmission {
  readonly row: PaymentRow
  /** The number of the call, which is the fencing token of the payment. */
  readonly submission: number
  readonly processorKey: string
  readonly lease: KeyLease | null
}

/** The number of the first call of a payment. */
const firstNumber = 1

/** The columns of the answer. */
const shown = sql.join(paymentColumns.map((name) => sql.ref(`a.${name}`)))

const processorKeyOf = (paymentId: string) => `${paymentId}:authorize:1`

const columns: readonly EntryColumn<FirstSubmission>[] = [
  ['merchant_id', 'text', ({ account }) => account.merchantId],
  ['livemode', 'boolean', ({ account }) => account.livemode],
  ['payment_id', 'text', ({ paymentId }) => paymentId],
  ['token', 'text', ({ token }) => token],
  ['actor_type', 'text', ({ actor }) => actor.type],
  ['actor_id', 'text', ({ actor }) => actor.id],
  ['now', 'timestamptz', ({ now }) => now],
  ['operation', 'text', ({ operationId }) => operationId],
  ['key', 'text', ({ idempotency }) => idempotency?.key ?? null],
  ['request_hash', 'bytea', ({ idempotency }) => idempotency?.requestHash ?? null],
  ['lease_token', 'bigint', ({ lease }) => lease?.token ?? null],
  ['processor', 'text', ({ processor }) => processor],
  ['processor_key', 'text', ({ paymentId }) => processorKeyOf(paymentId)],
  ['lease_seconds', 'double precision', ({ leaseSeconds }) => leaseSeconds],
]

type Row = PaymentRow & { readonly n: number; readonly key_token: LeaseToken | null }

// The statement, in order: lock the payments that were never submitted, claim their idempotency keys or renew the
// leases on them, record the calls, assign the processor, and plan the task that reconciles the submission if this
// process dies. `begin-submission.ts` does the same for one payment.
//
// A payment without a processor was never submitted. Of a locked row, PostgreSQL compares the newest version, so a
// submission that was recorded while this statement began counts too. Rows that another transaction has locked are
// skipped: these payments are submitted one by one.
//
// Keys are claimed in their order, as by all statements that claim several.
//
// The end of a lease is computed before the part that updates: a cluster refuses `now()` beside columns there.
const statementOf = ({ db }: Statements, entries: readonly FirstSubmission[]) => {
  const [first] = entries
  const at = (name: string) => (first ? onNode(db, name, first.account) : sql``)
  return sql<Row>`
    with request as materialized (
      select * from ${entryRows(columns, entries)}
    ), locked as materialized (
      select r.*, coalesce(r.token, p.payment_method_token) as chosen_token,
        date_trunc('second', now() + make_interval(secs => r.lease_seconds)) as lease_end
      from request r
        left join processor_credentials c
          on c.merchant_id = r.merchant_id and c.livemode = r.livemode
        cross join lateral (
          select p.payment_method_token from payments p
          where p.merchant_id = r.merchant_id and p.livemode = r.livemode and p.id = r.payment_id
            ${at('p')} and p.processor is null
            and p.status = any(${statusesBefore('initiated')}::text[])
            and coalesce(r.token, p.payment_method_token) is not null
          for no key update skip locked
        ) p
      where c.merchant_id is null
    ), claimed as (
      insert into idempotency_records (merchant_id, livemode, key, operation, request_hash, outcome,
        payment_id, created_at, locked_until, lease_token)
      select l.merchant_id, l.livemode, l.key, l.operation, l.request_hash, 'running', l.payment_id,
        date_trunc('second', now()), l.lease_end, nextval('idempotency_lease_tokens')
      from locked l where l.key is not null and l.lease_token is null
      order by l.merchant_id, l.livemode, l.key
      on conflict do nothing
      returning merchant_id, livemode, key, lease_token
    ), renewed as (
      update idempotency_records i set locked_until = l.lease_end
      from locked l
      where i.merchant_id = l.merchant_id and i.livemode = l.livemode and i.key = l.key
        and i.outcome = 'running' and i.lease_token = l.lease_token ${at('i')}
      returning i.merchant_id, i.livemode, i.key, i.lease_token
    ), attempted as materialized (
      select l.*, k.lease_token as key_token
      from locked l left join (select * from claimed union all select * from renewed) k
        on k.merchant_id = l.merchant_id and k.livemode = l.livemode and k.key = l.key
      where l.key is null or k.key is not null
    ), inserted as (
      insert into payment_attempts (merchant_id, livemode, payment_id, number, kind, processor,
        processor_key, request_key, actor_type, actor_id, started_at, submission, leased_until)
      select o.merchant_id, o.livemode, o.payment_id, ${sql.lit(firstNumber)}, 'authorize',
        o.processor, o.processor_key, o.key, o.actor_type, o.actor_id, o.now,
        ${sql.lit(firstNumber)}, now() + make_interval(secs => o.lease_seconds)
      from attempted o order by o.n
    ), ${assignRows(at('p'))}, planned as (
      insert into payment_tasks (merchant_id, livemode, payment_id, kind, due_at, waiting_since)
      select o.merchant_id, o.livemode, o.payment_id, 'authorize',
        m.now + make_interval(secs => o.lease_seconds), m.now
      from attempted o
        left join test_clocks c on c.merchant_id = o.merchant_id and not o.livemode
        cross join lateral (
          select date_trunc('second', now())
            + make_interval(secs => coalesce(c.offset_seconds, 0)) as now
        ) m
      order by o.n
      on conflict do nothing
    )
    select ${shown}, a.n::integer as n, o.key_token::text as key_token
    from assigned a join attempted o on o.n = a.n`
}

/**
 * Records first submissions in one statement. No two may be of the same payment, or have the same idempotency key. In
 * a cluster, all have the same merchant and mode.
 *
 * @returns the submissions in the order of the entries; `undefined` where one does not fit. Then nothing was done.
 */
export async function beginSubmissions(
  statements: Statements,
  entries: readonly FirstSubmission[],
): Promise<(BegunSubmission | undefined)[]> {
  const statement = statementOf(statements, entries)
  const rows = await runPrepared<Row>(statements, 'begin-submissions', statement)
  const begun = new Array<BegunSubmission | undefined>(entries.length)
  for (const { n, key_token: token, ...row } of rows) {
    const { account, idempotency } = entries[n - 1] as FirstSubmission
    const lease = idempotency && token ? { account, key: idempotency.key, token } : null
    const processorKey = processorKeyOf(row.id)
    begun[n - 1] = { row, submission: firstNumber, processorKey, lease }
  }
  return begun
}
