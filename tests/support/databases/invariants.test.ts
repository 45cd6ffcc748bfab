import { afterAll, beforeAll, expect, test } from 'vitest'
import { createMigratedDatabase } from '../servers/server.ts'
import { brokenInvariants } from './invariants.ts'
import type { TestDatabase } from './postgres.ts'
import { disableGuards, insertPayments, openSql, type Sql } from './sql.ts'

let database: TestDatabase
let sql: Sql

beforeAll(async () => {
  database = await createMigratedDatabase()
  sql = openSql(database.url)
  await sql.query(`insert into merchants (id, name, created_at, updated_at)
    values ('merch_1', 'Merchant', now(), now())`)
})

afterAll(async () => {
  await sql?.close()
  await database?.drop()
})

const moved = (kind: string) =>
  `insert into sandbox_movements (merchant_id, payment_id, kind, amount, idempotency_key, moved_at)
   select merchant_id, id, '${kind}', amount, 'key', now() from payments`
const booked = (status: string) =>
  `insert into sandbox_payments (merchant_id, payment_id, reference, amount, currency, status,
     return_url) select merchant_id, id, id, amount, currency, '${status}', url from payments`
const event = (type: string, status: string) =>
  `with found as materialized (select * from payments)
   insert into events (merchant_id, livemode, subject_id, sequence, type, created_at, actor_type,
     from_status, to_status)
   select merchant_id, livemode, id, sequence + 1, '${type}', now(), 'system', status, '${status}'
   from found`
const task = (kind: string) =>
  `insert into payment_tasks (merchant_id, livemode, payment_id, kind, due_at)
   select merchant_id, livemode, id, '${kind}', now() from payments`
const dispute = (status: string) =>
  `insert into disputes (merchant_id, livemode, id, payment_id, processor, processor_reference,
     amount, withdrawn_amount, currency, fee, status, reason, created_at, updated_at)
   select merchant_id, livemode, 'dp_1', id, 'sandbox', 'sbxd_1', amount,
     ${status === 'won' ? 0 : 'amount'}, currency, 0, '${status}',
     'fraudulent', now(), now() from payments`
const acceptance = `insert into mandate_acceptances (merchant_id, livemode, payment_id, ip_address,
     user_agent) select merchant_id, livemode, id, '192.0.2.1', 'a browser' from payments`
const versioned = 'update payments set sequence = sequence + 1'

test.each([
  ['an open payment has a task for its next step', ['delete from payment_tasks']],
  [
    'nothing is overdue without an alarm',
    [
      `update payment_tasks set due_at = now() + interval '1 hour',
         failing_since = now() - interval '16 minutes'`,
    ],
  ],
  [
    'an authorization with an unknown outcome has a task',
    [`update payments set processor = 'sandbox'`],
  ],
  ['the events of a payment are numbered without gaps, up to its version', [versioned]],
  [
    'each step begins with the status in which the previous step ended',
    [event('payment.initiated', 'initiated'), `update events set from_status = 'failed'`],
  ],
  ['the lifecycle allows each step', [event('payment.refund_failed', 'succeeded')]],
  [
    'time never runs backwards within a payment',
    [
      event('payment.canceled', 'canceled'),
      `update events set created_at = created_at -
      interval '1 second' where sequence = 2`,
      `update events set created_at = created_at -
      interval '1 day' where sequence = 2`,
    ],
  ],
  ['a payment has the status of its last event', [`update events set to_status = 'failed'`]],
  [
    'a payment is canceled at most once, and its status never changes afterwards',
    [
      `update events set type = 'payment.canceled', to_status = 'canceled'`,
      event('payment.processing', 'processing'),
    ],
  ],
  [
    'the customer pays at most once by a link',
    [
      `insert into payments select retry.* from payments p, jsonb_populate_record(p,
         jsonb_build_object('id', p.id || '1', 'retry_of', p.id)) retry`,
    ],
  ],
  [
    'the refunded amount of a payment is the sum of its refunds that have not failed',
    [`update payments set captured_amount = 2, refunded_amount = 1`],
  ],
  [
    'the ledger contains what was captured, the fee, and each refund',
    [`update payments set captured_amount = 2`],
  ],
  [
    'the plots contain the refunds that are paid',
    [
      `update stats_progress set position = (select max(position) from events)`,
      `insert into hourly_stats select merchant_id, livemode, date_trunc('hour', now()), 'refunded',
         currency, '', 1, 1 from payments`,
    ],
  ],
  [
    'the plots contain what was captured and not returned',
    [
      `update payments set status = 'succeeded', captured_amount = amount`,
      event('payment.succeeded', 'succeeded'),
      `update stats_progress set position = (select max(position) from events)`,
    ],
  ],
  [
    'the kept balances are the sums of the ledger',
    [
      `update stats_progress set position = (select max(position) from events)`,
      `insert into ledger_balances select merchant_id, livemode, 'fees', currency, 1 from payments`,
    ],
  ],
  [
    'the ledger of a merchant sums to zero in each currency',
    [`insert into ledger_balances select merchant_id, livemode, 'fees', currency, 1 from payments`],
  ],
  [
    'each event of a payment belongs to a payment that exists',
    [`update events set subject_id = subject_id || '1'`],
  ],
  [
    'no canceled payment has a task that captures it',
    [`update payments set status = 'canceled', canceled_at = now()`, task('capture')],
  ],
  [
    'each transfer of the ledger belongs to an event of its payment',
    [
      `insert into ledger_transfers (merchant_id, livemode, payment_id, event_sequence, kind,
         debit_account, credit_account, amount, currency, created_at)
       select merchant_id, livemode, id, 7, 'dispute_fee', 'processor', 'fees', 1, currency, now()
       from payments`,
    ],
  ],
  [
    'a payment that has failed after its capture was returned, once, by a dispute',
    [`update payments set status = 'failed', captured_amount = amount, net_amount = 1`],
  ],
  [
    'nothing of a returned payment is pending',
    [
      `update payments set status = 'failed'`,
      `insert into ledger_transfers (merchant_id, livemode, payment_id, event_sequence, kind,
         debit_account, credit_account, amount, currency, created_at)
       select merchant_id, livemode, id, 1, 'capture', 'processor', 'merchant_pending', 1, currency,
         now() from payments`,
    ],
  ],
  [
    'an acceptance of a mandate is stored only until the debit is sent',
    [`update payments set status = 'succeeded'`, acceptance],
  ],
  ['the processor captures a payment at most once', [moved('capture'), moved('capture')]],
  ['the processor authorizes a payment at most once', [moved('authorize'), moved('authorize')]],
  [
    'a payment is disputed exactly while it has a dispute that is not won',
    [`update payments set disputed = true, captured_amount = amount`, dispute('won')],
  ],
  [
    'a dispute that is won withdraws nothing, and any other at most its amount',
    [dispute('lost'), `update disputes set status = 'won', withdrawn_amount = 1`],
  ],
  [
    'the ledger has withdrawn the disputed amounts and the fees, and returned those that were won',
    [`update payments set captured_amount = amount`, dispute('lost')],
  ],
  [
    'a dispute is created by one event, and has the state of its last event',
    [
      dispute('lost'),
      event('dispute.created', 'succeeded'),
      `update events set state = '{"data": {"id": "dp_1", "status": "won"}}' where sequence = 2`,
    ],
  ],
  [
    'nobody requests a refund of a disputed payment',
    [
      event('payment.refunded', 'succeeded'),
      `update events set actor_type = 'api_key', state = '{"disputed": true}' where sequence = 2`,
    ],
  ],
  [
    'the processor keeps no money of a canceled or failed payment',
    [`update payments set status = 'failed'`, moved('capture')],
  ],
  [
    'the processor holds no authorization of a canceled payment',
    [`update payments set status = 'canceled', canceled_at = now()`, booked('authorized')],
  ],
  [
    'the processor has captured every succeeded payment',
    [`update payments set status = 'succeeded'`, booked('authorized')],
  ],
  [
    'no acceptance of a mandate is stored for a payment that has ended',
    [`update payments set status = 'canceled', canceled_at = now()`, acceptance],
  ],
  ['no void is pending', [task('void')]],
  [
    'every call to the processor has an outcome',
    [
      `insert into payment_attempts (merchant_id, livemode, payment_id, number, kind, processor,
         processor_key, actor_type, started_at)
       select merchant_id, livemode, id, 1, 'capture', 'sandbox', 'key', 'system', now()
       from payments`,
    ],
  ],
])('a violation is found: %s', async (name, sabotage) => {
  const client = await sql.connect()
  const inside: Sql = {
    ...sql,
    query: async (text, values) => (await client.query(text, values)).rows,
  }
  try {
    for (const text of ['begin', ...disableGuards]) await client.query(text)
    await insertPayments(inside, { owner: { merchant_id: 'merch_1', livemode: false }, count: 1 })
    for (const statement of sabotage) await client.query(statement)
    expect(Object.keys(await brokenInvariants(inside, { isAtRest: true }))).toContain(name)
  } finally {
    await client.query('rollback')
    client.release()
  }
})

test('a correct payment violates no invariant', async () => {
  const client = await sql.connect()
  const inside: Sql = {
    ...sql,
    query: async (text, values) => (await client.query(text, values)).rows,
  }
  try {
    await client.query('begin')
    await insertPayments(inside, { owner: { merchant_id: 'merch_1', livemode: false }, count: 3 })
    expect(await brokenInvariants(inside, { isAtRest: true })).toEqual({})
  } finally {
    await client.query('rollback')
    client.release()
  }
})
