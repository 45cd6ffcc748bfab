import type { Evidence, Violation } from './checks.ts'

/** A violation that a test plants, to see that the checks find it. */
export interface Plant {
  readonly name: string
  readonly kind: Violation['kind']
  /** Matches the message of the check that must find it. */
  readonly found: RegExp
  /** Changes one row. */
  readonly sql?: string
  readonly change?: (evidence: Omit<Evidence, 'query'>) => void
}

const oneOf = (status: string, more = 'true') => `
  (select id from payments where status = '${status}' and ${more} order by id limit 1)`
/** A payment that was canceled by a single cancel. */
const canceledByClient = `
  (select payment_id from idempotency_records where operation = 'cancelPayment'
    and outcome = 'canceled' order by payment_id limit 1)`
const withRefund = `(select reference from sandbox_refunds
  where refund_id like 'ref\\_%' order by reference limit 1)`

/** One violation for each check. */
export const plants: readonly Plant[] = [
  {
    name: 'an acknowledged cancel that is undone',
    kind: 'lost',
    found: /cancel was acknowledged, but the payment is .*"pending"/,
    sql: `update payments set status = 'pending', canceled_at = null, cancellation_reason = null
      where id = ${canceledByClient}`,
  },
  {
    name: 'an acknowledged cancel with another reason',
    kind: 'lost',
    found: /cancel was acknowledged, but the payment is/,
    sql: `update payments set cancellation_reason = 'somebody else'
      where id = ${canceledByClient}`,
  },
  {
    name: 'an acknowledged payment that is deleted',
    kind: 'lost',
    found: /create was acknowledged, but there is no such payment/,
    sql: `delete from payments where id = ${oneOf(
      'canceled',
      'not exists (select from payment_attempts a where a.payment_id = payments.id)',
    )}`,
  },
  {
    name: 'a create that made two payments',
    kind: 'doubled',
    found: /a create made one payment/,
    sql: `update payments set metadata =
        (select metadata from payments order by id desc limit 1)
      where id = (select id from payments order by id limit 1)`,
  },
  {
    name: 'a capture that was made twice',
    kind: 'doubled',
    found: /captures a payment at most once/,
    sql: `insert into sandbox_movements (merchant_id, payment_id, kind, amount, idempotency_key,
        moved_at)
      select merchant_id, payment_id, kind, amount, 'another', moved_at from sandbox_movements
      where kind = 'capture' order by position limit 1`,
  },
  {
    name: 'a canceled payment that was captured',
    kind: 'wrong',
    found: /canceled payment was captured/,
    sql: `insert into sandbox_movements (merchant_id, payment_id, kind, amount, idempotency_key,
        moved_at)
      select merchant_id, id, 'capture', amount, 'late', now() from payments
      where id = ${oneOf('canceled', "payment_method_token = 'tok_visa'")}`,
  },
  {
    name: 'a refund that the processor made twice',
    kind: 'doubled',
    found: /gave each refund once/,
    sql: `insert into sandbox_refunds (merchant_id, reference, payment_id, refund_id, amount,
        decided_at)
      select merchant_id, 'again', payment_id, refund_id, amount, decided_at from sandbox_refunds
      where reference = ${withRefund}`,
  },
  {
    name: 'money that moved back twice for one refund',
    kind: 'doubled',
    found: /moved the sum of its refunds/,
    sql: `insert into sandbox_movements (merchant_id, payment_id, kind, amount, idempotency_key,
        moved_at)
      select merchant_id, payment_id, kind, amount, 'another', moved_at from sandbox_movements
      where kind = 'refund' order by position limit 1`,
  },
  {
    name: 'a succeeded refund that the processor does not have',
    kind: 'lost',
    found: /the processor has each refund that succeeded/,
    sql: `delete from sandbox_refunds where reference = ${withRefund}`,
  },
  {
    name: 'an acknowledged refund that is deleted',
    kind: 'lost',
    found: /refund was acknowledged, but there is no such refund/,
    sql: `delete from refunds where id = (select id from refunds where metadata ? 'refund'
      order by id limit 1)`,
  },
  {
    name: 'an authorization that was never voided',
    kind: 'wrong',
    found: /holds no authorization of a canceled payment/,
    sql: `update sandbox_payments set status = 'authorized'
      where payment_id = (select s.payment_id from sandbox_payments s join payments p
        on p.id = s.payment_id where p.status = 'canceled' and s.status = 'voided' limit 1)`,
  },
  {
    name: 'a timeline with a missing event',
    kind: 'wrong',
    found: /numbered without gaps/,
    sql: `delete from events where sequence = 1 and subject_id = ${canceledByClient}`,
  },
  {
    name: 'a step with two events',
    kind: 'wrong',
    found: /a step has one event/,
    sql: `insert into events (merchant_id, livemode, subject_id, sequence, type, created_at,
        actor_type, from_status, to_status)
      select merchant_id, livemode, subject_id,
        (select max(last.sequence) + 1 from events last where last.subject_id = e.subject_id),
        type, created_at, actor_type, to_status, to_status
      from events e where type = 'payment.canceled' and subject_id = ${canceledByClient}`,
  },
  {
    name: 'an open payment without a task',
    kind: 'wrong',
    found: /an open payment has a task/,
    sql: `update payments set status = 'processing', canceled_at = null,
        cancellation_reason = null
      where id = ${canceledByClient}`,
  },
  {
    name: 'an event that did not reach the merchant',
    kind: 'lost',
    found: /^1 events did not reach the merchant/,
    change: ({ hooks }) => {
      for (const id of [...hooks.accepted.keys()].slice(0, 1)) hooks.accepted.delete(id)
    },
  },
  {
    name: 'a webhook without an event',
    kind: 'wrong',
    found: /webhooks have no event/,
    change: ({ hooks }) => {
      const accepted = { type: 'payment.canceled', sequence: 1, paymentId: 'pay_none', times: 1 }
      hooks.accepted.set('evt_none', accepted)
    },
  },
  {
    name: 'a webhook with a wrong signature',
    kind: 'wrong',
    found: /webhooks have a wrong signature/,
    change: ({ hooks }) => void hooks.forged.push('evt_forged'),
  },
  {
    name: 'two different answers to one key',
    kind: 'lost',
    found: /^1 keys have more than one first answer/,
    change: ({ journal }) => {
      const first = journal.answered.find(({ kind, status }) => kind === 'initiate' && status < 300)
      if (!first) throw new Error('no submission was acknowledged')
      journal.answered.push({ ...first, status: 412, text: '{"error":{}}', isReplay: true })
    },
  },
  {
    name: 'a connection that broke although its server was up',
    kind: 'wrong',
    found: /connections broke although the server was up/,
    change: ({ journal }) => {
      const atMs = performance.timeOrigin * -1
      journal.broken.push({ slotIndex: 0, fromMs: atMs, toMs: atMs, why: 'ECONNRESET' })
    },
  },
  {
    name: 'an answer that breaks the contract',
    kind: 'wrong',
    found: /answers broke the contract/,
    change: ({ journal }) => void journal.complaints.push('cancel was answered 500'),
  },
  {
    name: 'a server that ended by itself',
    kind: 'wrong',
    found: /ended by itself/,
    change: ({ surprises }) => void (surprises as string[]).push('server 0 ended by itself (1)'),
  },
]
