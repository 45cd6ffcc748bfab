import type { PaymentStatus } from '@hedgepayments/contract'
import type { Sql } from '../support/sql.ts'

/** What is known of one payment when its race is over, here and at the processor. */
export interface Aftermath {
  readonly id: string
  readonly status: PaymentStatus
  readonly sequence: number
  readonly amount: number
  readonly refunded_amount: number
  readonly fee: number | null
  readonly events: readonly {
    sequence: number
    type: string
    actor_type: string
    from_status: PaymentStatus | null
    to_status: PaymentStatus
    reason: string | null
    refunded: number | null
  }[]
  readonly refunds: readonly { amount: number; status: string; reason: string | null }[]
  readonly books: string | null
  readonly movements: readonly { kind: string; amount: number }[]
  /** Credits less debits, by account. */
  readonly ledger: Readonly<Record<string, number>>
  /** Cancellations of many that named it: why, and what came of it. */
  readonly bulk: readonly {
    reason: string
    status: string
    outcome: string | null
    seen: PaymentStatus | null
  }[]
  readonly tasks: readonly string[]
}

/** Reads what races have left of some payments, in one statement. */
export async function readAftermath(sql: Sql, ids: readonly string[]): Promise<Aftermath[]> {
  return await sql.query<Aftermath>(
    `select p.id, p.status, p.sequence, p.amount, p.refunded_amount, p.fee,
      array(select jsonb_build_object('sequence', e.sequence, 'type', e.type,
          'actor_type', e.actor_type, 'from_status', e.from_status, 'to_status', e.to_status,
          'reason', e.reason, 'refunded', e.state -> 'refunded_amount') from events e
        where e.merchant_id = p.merchant_id and e.livemode = p.livemode and e.subject_id = p.id
        order by e.sequence) as events,
      array(select jsonb_build_object('amount', r.amount, 'status', r.status, 'reason', r.reason)
        from refunds r where r.merchant_id = p.merchant_id and r.livemode = p.livemode
          and r.payment_id = p.id) as refunds,
      (select s.status from sandbox_payments s
        where s.merchant_id = p.merchant_id and s.payment_id = p.id) as books,
      array(select jsonb_build_object('kind', m.kind, 'amount', m.amount) from sandbox_movements m
        where m.payment_id = p.id order by m.position) as movements,
      (select coalesce(jsonb_object_agg(account, balance), '{}') from (
        select l.account, -sum(l.amount) as balance from ledger_entries l
        where l.merchant_id = p.merchant_id and l.livemode = p.livemode and l.payment_id = p.id
        group by l.account) balances) as ledger,
      array(select jsonb_build_object('reason', c.reason, 'status', c.status,
          'outcome', i.outcome, 'seen', i.current_status)
        from cancellation_items i join cancellations c on c.id = i.cancellation_id
        where i.payment_id = p.id) as bulk,
      array(select t.kind from payment_tasks t where t.merchant_id = p.merchant_id
        and t.livemode = p.livemode and t.payment_id = p.id) as tasks
    from payments p where p.id = any($1::text[]) order by p.id`,
    [ids],
  )
}

/** Whether nobody has anything left to do that is not for later. */
export async function isQuiet(sql: Sql): Promise<boolean> {
  const [row] = await sql.query(
    `select not exists (select from payment_tasks
        where kind <> 'settle' and due_at <= now() + interval '1 minute')
      and not exists (select from payment_attempts where outcome is null)
      and not exists (select from cancellations where status in ('pending', 'running')) as quiet`,
  )
  return row.quiet
}
