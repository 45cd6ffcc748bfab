import type { ActorType, PaymentMethodDetails } from '@hedgepayments/contract'
import { sql } from 'kysely'
import { onNode } from '../../../database/cluster/cluster.ts'
import type { PaymentRow } from '../../../database/schema.ts'
import { type EntryColumn, entryRows } from '../../../database/statements/entries.ts'
import { runPrepared, type Statements } from '../../../database/statements/prepared.ts'
import { accountOf } from '../../../domain/account.ts'
import { captureMarginSeconds, windowSecondsOf } from '../../../domain/authorization-end.ts'
import { randomCharacters } from '../../../domain/ids.ts'
import { statusesBefore } from '../../../domain/lifecycle.ts'
import type { Timestamp } from '../../../domain/time.ts'
import { stateOf } from '../../../events/state.ts'
import type { Reply } from '../../../http/answers/answer.ts'
import type { KeyLease } from '../../../idempotency/lease.sql.ts'
import { serialized } from '../../../idempotency/once.ts'
import { authorizeRows } from '../../transition/rows/authorize-rows.sql.ts'
import { paymentColumns } from '../../view/columns.ts'

/** The result of the first call of a submission: the payment is authorized, or can be debited later. */
export interface FirstAuthorization {
  /** The payment when the call was recorded. */
  readonly row: PaymentRow
  readonly submission: number
  readonly lease: KeyLease | null
  readonly actor: { readonly type: ActorType; readonly id: string | null }
  readonly outcome: 'authorized' | 'accepted'
  readonly reference: string | null
  readonly expiresAt: Timestamp | null
  readonly method: PaymentMethodDetails | null
  /** The end of the call. */
  readonly endedAt: Timestamp
  /** Renders the answer of the request. */
  readonly replyTo: (row: PaymentRow) => Reply
}

/** An entry with what was rendered before the statement decides the times. */
interface Rendered extends FirstAuthorization {
  readonly state: string
  readonly answer: { readonly status: number; readonly body: string } | null
  /** Random texts that stand for the times. */
  readonly places: { readonly at: string; readonly end: string }
}

const columns: readonly EntryColumn<Rendered>[] = [
  ['merchant_id', 'text', ({ row }) => row.merchant_id],
  ['livemode', 'boolean', ({ row }) => row.livemode],
  ['payment_id', 'text', ({ row }) => row.id],
  ['sequence', 'integer', ({ row }) => row.sequence],
  ['submission', 'integer', ({ submission }) => submission],
  ['actor_type', 'text', ({ actor }) => actor.type],
  ['actor_id', 'text', ({ actor }) => actor.id],
  ['outcome', 'text', ({ outcome }) => outcome],
  ['reference', 'text', ({ reference }) => reference],
  ['authorization_expires_at', 'timestamptz', ({ expiresAt }) => expiresAt],
  ['details', 'jsonb', ({ method }) => method && JSON.stringify(method)],
  ['ended_at', 'timestamptz', ({ endedAt }) => endedAt],
  ['window_seconds', 'integer', ({ row }) => windowSecondsOf(row)],
  ['key', 'text', ({ lease }) => lease?.key ?? null],
  ['lease_token', 'bigint', ({ lease }) => lease?.token ?? null],
  ['http_status', 'integer', ({ answer }) => answer?.status ?? null],
  ['body', 'text', ({ answer }) => answer?.body ?? null],
  ['state_text', 'text', ({ state }) => state],
  ['at_place', 'text', ({ places }) => places.at],
  ['end_place', 'text', ({ places }) => places.end],
]

/** The columns of the answer. */
const shown = sql.join(paymentColumns.map((name) => sql.ref(`m.${name}`)))

/** A time as the API writes it. */
const written = (column: string) =>
  sql`to_char(${sql.ref(column)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`

/** A text with its times in the place of their placeholders. */
const filled = (text: string) =>
  sql`replace(replace(${sql.ref(text)}, t.at_place, ${written('t.at')}),
        t.end_place, ${written('t.cancelable_until')})`

type Row = PaymentRow & { readonly n: number }

// The statement, in order: lock the payments and their calls, compute the times, store the answers of the requests
// that still own their keys, move the payments, end the calls, and change the tasks. `record-authorization.ts` does
// the same for one payment, and for every other result.
//
// Only the newest submission may move a payment. A newer one ends the calls of this one in the transaction that records
// it. So the condition on the locked call, of which PostgreSQL compares the newest version, is the fence.
const statementOf = ({ db }: Statements, entries: readonly Rendered[]) => {
  const [first] = entries
  const at = (name: string) => (first ? onNode(db, name, accountOf(first.row)) : sql``)
  return sql<Row>`
    with request as materialized (
      select * from ${entryRows(columns, entries)}
    ), locked as materialized (
      select r.*, m.now as merchant_now, greatest(m.now, p.updated_at) as at
      from request r
        left join test_clocks c on c.merchant_id = r.merchant_id and not r.livemode
        cross join lateral (
          select date_trunc('second', now())
            + make_interval(secs => coalesce(c.offset_seconds, 0)) as now
        ) m
        cross join lateral (
          select p.updated_at from payments p
          where p.merchant_id = r.merchant_id and p.livemode = r.livemode and p.id = r.payment_id
            ${at('p')} and p.sequence = r.sequence and p.capture_method = 'automatic'
            and p.status = any(${statusesBefore('initiated')}::text[])
          for no key update skip locked
        ) p
        cross join lateral (
          select from payment_attempts a
          where a.merchant_id = r.merchant_id and a.livemode = r.livemode
            and a.payment_id = r.payment_id ${at('a')} and a.number = r.submission
            and a.submission = r.submission and a.outcome is null
          for no key update skip locked
        ) a
    ), timed as materialized (
      select l.*, case
          when l.authorization_expires_at is null or e.last_capture >= e.window_end then e.window_end
          else greatest(l.at, e.last_capture) end as cancelable_until
      from locked l cross join lateral (
        select l.at + make_interval(secs => l.window_seconds) as window_end,
          l.authorization_expires_at - make_interval(secs => ${sql.lit(captureMarginSeconds)})
            as last_capture
      ) e
    ), rendered as materialized (
      select t.*, ${filled('t.body')} as filled_body, ${filled('t.state_text')} as state from timed t
    ), stored as (
      update idempotency_records i
      set outcome = 'stored', http_status = t.http_status, body = t.filled_body,
        event_sequence = t.sequence + 1, locked_until = null
      from rendered t
      where i.merchant_id = t.merchant_id and i.livemode = t.livemode and i.key = t.key
        and i.outcome = 'running' and i.lease_token = t.lease_token ${at('i')}
      returning i.merchant_id, i.livemode, i.key
    ), standing as materialized (
      select t.* from rendered t left join stored s
        on s.merchant_id = t.merchant_id and s.livemode = t.livemode and s.key = t.key
      where t.key is null or s.key is not null
    ), ${authorizeRows(at('p'))}, ended as (
      update payment_attempts a
      set outcome = s.outcome, code = null, message = null,
        ended_at = greatest(a.started_at, s.ended_at)
      from standing s join moved m on m.n = s.n
      where a.merchant_id = s.merchant_id and a.livemode = s.livemode
        and a.payment_id = s.payment_id and a.number = s.submission ${at('a')}
    ), planned as (
      insert into payment_tasks (merchant_id, livemode, payment_id, kind, due_at, waiting_since)
      select m.merchant_id, m.livemode, m.id, 'process', m.cancelable_until, s.merchant_now
      from moved m join standing s on s.n = m.n order by m.n
      on conflict do nothing
    ), dropped as (
      delete from payment_tasks t using moved m
      where t.merchant_id = m.merchant_id and t.livemode = m.livemode and t.payment_id = m.id
        and t.kind = 'authorize' ${at('t')}
    )
    select ${shown}, m.n::integer as n from moved m`
}

/**
 * Records first authorizations in one statement, with the answers of their requests. No two may be of the same
 * payment. In a cluster, all have the same merchant and mode.
 *
 * @returns the payments after their steps, in the order of the entries; `undefined` where one does not fit: its
 *   submission or its key is another one's, for example. Then nothing was done.
 */
export async function recordAuthorizations(
  statements: Statements,
  entries: readonly FirstAuthorization[],
): Promise<(PaymentRow | undefined)[]> {
  const statement = statementOf(statements, entries.map(render))
  const rows = await runPrepared<Row>(statements, 'record-authorizations', statement)
  const moved = new Array<PaymentRow | undefined>(entries.length)
  for (const { n, ...row } of rows) moved[n - 1] = row
  return moved
}

/** Renders the answer and the event with placeholders, which no client can know. */
function render(entry: FirstAuthorization): Rendered {
  const random = randomCharacters(20)
  const places = { at: `at-${random}`, end: `end-${random}` }
  const moved: PaymentRow = {
    ...entry.row,
    status: 'initiated',
    sequence: entry.row.sequence + 1,
    updated_at: places.at,
    cancelable_until: places.end,
    authorization_expires_at: entry.expiresAt,
    payment_method_details: entry.method,
    processor_reference: entry.reference,
    next_action_url: null,
  }
  const answer = entry.lease && serialized(entry.replyTo(moved))
  return { ...entry, places, answer, state: JSON.stringify(stateOf(moved)) }
}
