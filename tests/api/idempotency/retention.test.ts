import { afterAll, beforeAll, expect, test } from 'vitest'
import { stepRetention } from '../../../packages/server/src/wiring/retention.ts'
import { type BackgroundWork, startWork } from '../../faults/leases/paused-work.ts'
import { insertPayments } from '../../support/databases/sql.ts'
import { createPayment, paymentBody } from '../../support/http/api.ts'
import { advance } from '../../support/payments/sandbox.ts'
import { limitsNeverReached, type OwnApp, startOwnApp } from '../../support/servers/own-app.ts'
import { createMerchant } from '../../support/servers/servers.ts'
import { isLongRun, size } from '../../support/size.ts'
import { until } from '../../support/until.ts'

let fixture: OwnApp
/** The server's workers for payments and bulk cancellations. */
let work: BackgroundWork

beforeAll(async () => {
  fixture = await startOwnApp(limitsNeverReached)
  work = startWork(fixture.databaseUrl)
})

afterAll(async () => {
  await work?.stop()
  await fixture?.close()
})

/** Makes retention due now, and waits until it has run for every table. */
async function runRetention(): Promise<void> {
  const { sql } = fixture
  await sql.query(`update retention_tasks set due_at = now() - interval '1 minute', reached = null`)
  // Starts at once; a server checks for old rows every few seconds.
  const work = startWork(fixture.databaseUrl)
  await until('all old rows are deleted', async () => {
    const [row] = await sql.query('select count(*) from retention_tasks where due_at <= now()')
    return row.count === '0'
  })
  await work.stop()
}

async function count(table: string, condition = 'true'): Promise<number> {
  const [row] = await fixture.sql.query(`select count(*) from ${table} where ${condition}`)
  return Number(row.count)
}

async function insertRecords(prefix: string, hours: number, records: number): Promise<void> {
  await fixture.sql.query(
    `insert into idempotency_records (merchant_id, livemode, key, operation, request_hash, outcome,
       http_status, body, created_at)
     select $1, n % 2 = 0, $2 || n, 'createPayment', '\\x00', 'stored', 201, '{}',
       now() - make_interval(mins => $3::integer)
     from generate_series(1, $4::integer) n`,
    [fixture.owner.merchant_id, prefix, hours * 60, records],
  )
}

/** Backdates the end of a payment by more than a day. */
async function endLongAgo(id: string): Promise<void> {
  await fixture.sql.query(
    `update payments set updated_at = now() - interval '27 hours' where id = $1`,
    [id],
  )
}

test('records of idempotency keys are deleted after a day, and not before', async () => {
  // More rows than the worker reads in a step.
  const old = size({ quick: 4_500, all: 9_000 })
  const young = size({ quick: 500, all: 3_000 })
  await insertRecords('old ', 26, old)
  await insertRecords('young ', 23.9, young)
  await runRetention()
  expect(await count('idempotency_records', `key like 'old %'`)).toBe(0)
  expect(await count('idempotency_records', `key like 'young %'`)).toBe(young)
})

test('a deleted key can be used again, and a kept key is replayed', async () => {
  const { api, sql } = fixture
  const body = paymentBody()
  const first = await api('POST', '/v1/payments', { body, idempotencyKey: 'dropped' })
  const kept = await api('POST', '/v1/payments', { body, idempotencyKey: 'kept' })
  await api('POST', `/v1/payments/${first.body.id}/cancel`)
  await endLongAgo(first.body.id)
  await sql.query(`update idempotency_records set created_at = now() - interval '26 hours'
    where key = 'dropped'`)
  await runRetention()
  const again = await api('POST', '/v1/payments', { body, idempotencyKey: 'dropped' })
  expect(again.headers.get('idempotent-replayed')).toBeNull()
  expect(again.body.id).not.toBe(first.body.id)
  const replayed = await api('POST', '/v1/payments', { body, idempotencyKey: 'kept' })
  expect(replayed.text).toBe(kept.text)
})

test('the key of a create after an awaited cancel is kept for a day after the create', async () => {
  const { api, sql } = fixture
  const cancel = { body: { idempotency_key: 'awaited' } }
  expect((await api('POST', '/v1/payments/cancel', cancel)).status).toBe(202)
  expect(
    (await api('POST', '/v1/payments/cancel', { body: { idempotency_key: 'never' } })).status,
  ).toBe(202)
  await sql.query(`update idempotency_records set created_at = now() - interval '26 hours'
    where key = 'never'`)
  await sql.query(`update idempotency_records set created_at = now() - interval '23 hours'
    where key = 'awaited'`)
  const create = { body: paymentBody(), idempotencyKey: 'awaited' }
  const first = await api('POST', '/v1/payments', create)
  expect(first.body.status).toBe('canceled')
  await runRetention()
  expect((await api('POST', '/v1/payments', create)).text).toBe(first.text)
  expect(
    await count(
      'idempotency_records',
      `key = 'awaited' and created_at > now() - interval '1 hour'`,
    ),
  ).toBe(1)
  expect(await count('idempotency_records', `key = 'never'`)).toBe(0)
})

test('records are deleted after a day of real time, however far the test clock is ahead', async () => {
  const { sql } = fixture
  const { id: merchant, test: api } = await createMerchant({ api: fixture.api, servers: [fixture] })
  await advance(api, 300 * 86_400)
  const token = { payment_method_token: 'tok_visa' }
  const promised = { body: { idempotency_key: 'promised' } }
  expect((await api('POST', '/v1/payments/cancel', promised)).status).toBe(202)
  const requests = [
    { path: '/v1/payments', body: paymentBody(), idempotencyKey: 'create' },
    { path: '/v1/payments', body: paymentBody(), idempotencyKey: 'promised' },
    {
      path: '/v1/payments',
      body: paymentBody({ initiate: true, ...token }),
      idempotencyKey: 'create and initiate',
    },
    { path: '/v1/cancellations', body: { payment_ids: ['pay_none'] }, idempotencyKey: 'bulk' },
    {
      path: `/v1/payments/${(await createPayment(api)).id}/cancel`,
      body: {},
      idempotencyKey: 'cancel',
    },
    {
      path: `/v1/payments/${(await createPayment(api)).id}/initiate`,
      body: token,
      idempotencyKey: 'initiate',
    },
  ]
  const send = ({ path, ...options }: (typeof requests)[number]) => api('POST', path, options)
  const answers = await Promise.all(requests.map(send))
  await runRetention()
  const replayed = await Promise.all(requests.map(send))
  expect(replayed.map(({ text }) => text)).toEqual(answers.map(({ text }) => text))
  await sql.query(
    `update idempotency_records set created_at = now() - interval '26 hours'
     where merchant_id = $1`,
    [merchant],
  )
  // The payment has not been cancelable for more than a day.
  for (const { body } of answers) {
    if (body.object !== 'payment') continue
    await until('the payment has ended', async () => {
      work.loop.nudge()
      const { body: now } = await api('GET', `/v1/payments/${body.id}`)
      return now.cancelable
        ? (await api('POST', `/v1/payments/${body.id}/cancel`)).status === 200
        : now.status !== 'processing'
    })
    await endLongAgo(body.id)
  }
  await runRetention()
  expect(await count('idempotency_records', `merchant_id = '${merchant}'`)).toBe(0)
})

test('a record whose request still runs, or that another session has locked, is kept', async () => {
  const { sql } = fixture
  await insertRecords('locked ', 26, 3)
  await sql.query(`update idempotency_records set locked_until = now() + interval '1 hour'
    where key = 'locked 1'`)
  const client = await sql.connect()
  try {
    await client.query('begin')
    await client.query(
      `select from idempotency_records where merchant_id = $1 and key = 'locked 2' for update`,
      [fixture.owner.merchant_id],
    )
    await runRetention()
    const left = await sql.query(`select key from idempotency_records where key like 'locked %'
      order by key`)
    expect(left.map(({ key }) => key)).toEqual(['locked 1', 'locked 2'])
  } finally {
    await client.query('rollback')
    client.release()
  }
})

test('deliveries are deleted a month after they ended, with their attempts; pending ones are kept', async () => {
  const { sql, owner } = fixture
  await sql.query(
    `insert into webhook_endpoints (merchant_id, livemode, id, url, events, secret, enabled,
       disabled_reason, created_at, updated_at)
     values ($1, false, 'whe_old', 'http://127.0.0.1:9', '{*}', 'none', false, 'requested', now(),
       now())`,
    [owner.merchant_id],
  )
  // Ids of deliveries begin with their time: 000… is long ago, zzz… is in the far future.
  const insert = (prefix: string, status: string, attemptDays: number, rows: number) =>
    sql.query(
      `with d as (
        insert into webhook_deliveries (merchant_id, livemode, id, endpoint_id, position,
          subject_id, sequence, event_type, status, due_at, created_at)
        select $1, false, $2 || n, 'whe_old', n, 'pay_x', 1, 'payment.created', $3::text,
          case when $3::text = 'pending' then now() + interval '1 day' end, now()
        from generate_series(1, $5::integer) n returning merchant_id, livemode, id)
      insert into webhook_attempts (merchant_id, livemode, delivery_id, attempt, created_at)
      select merchant_id, livemode, id, 1, now() - make_interval(days => $4::integer) from d`,
      [owner.merchant_id, prefix, status, attemptDays, rows],
    )
  await insert('whd_0000000000a', 'succeeded', 31, 1_200)
  await insert('whd_0000000000b', 'failed', 29, 2)
  await insert('whd_0000000000c', 'pending', 31, 2)
  await insert('whd_7zzzzzzzzzd', 'succeeded', 31, 2)
  await runRetention()
  expect(await count('webhook_deliveries', `id like 'whd_0000000000a%'`)).toBe(0)
  expect(await count('webhook_deliveries')).toBe(6)
  expect(await count('webhook_attempts')).toBe(6)
})

test('results of a bulk cancellation are deleted a month after it completed; it, its payments and their events are kept', async () => {
  const { api, sql, owner } = fixture
  const payment = await createPayment(api)
  await insertPayments(sql, { owner, count: 2, ageMs: 400 * 24 * 3_600_000 })
  const done = async () => {
    const { body } = await api('POST', '/v1/cancellations', { body: { payment_ids: [payment.id] } })
    await until('the bulk cancellation has completed', async () => {
      work.loop.nudge()
      const { body: now } = await api('GET', `/v1/cancellations/${body.id}`)
      return now.status === 'completed'
    })
    return body.id as string
  }
  const [old, young] = [await done(), await done()]
  await sql.query(
    `update cancellations set completed_at = now() - interval '31 days' where id = $1`,
    [old],
  )
  const [payments, events] = [await count('payments'), await count('events')]
  await runRetention()
  expect(await count('cancellation_items', `cancellation_id = '${old}'`)).toBe(0)
  expect(await count('cancellation_items', `cancellation_id = '${young}'`)).toBe(1)
  const { body } = await api('GET', `/v1/cancellations/${old}`)
  expect([body.status, body.total, body.canceled]).toEqual(['completed', 1, 1])
  expect([await count('payments'), await count('events')]).toEqual([payments, events])
})

test('ended sessions of the dashboard are deleted', async () => {
  const { sql } = fixture
  await sql.query(
    `insert into dashboard_sessions (token_hash, key_id, created_at, expires_at)
     select sha256(n::text::bytea), k.id, now() - interval '2 days',
       now() + case when n = 1 then interval '1 hour' else - interval '1 minute' end
     from generate_series(1, 5) n, (select id from api_keys limit 1) k`,
  )
  await runRetention()
  expect(await count('dashboard_sessions')).toBe(1)
})

test('a table whose rows cannot be deleted is retried later, and delays no other table', async () => {
  const { sql } = fixture
  await sql.query(
    `update retention_tasks set due_at = now() - interval '1 minute',
       reached = case kind when 'idempotency_records' then '["", "no boolean", ""]'::jsonb end`,
  )
  // A server's loop pauses for seconds after a failure. `npm test` runs the same steps without pauses.
  const work = isLongRun ? startWork(fixture.databaseUrl) : null
  const state = async () =>
    await sql.query(
      `select kind, failures, due_at > now() as waits from retention_tasks
       where kind = 'idempotency_records' or due_at <= now()`,
    )
  await until('the other tables are done, and the failed one waits', async () => {
    if (!work) await stepRetention(fixture.database.db, () => undefined).catch(() => undefined)
    const [broken, ...others] = await state()
    return others.length === 0 && broken.failures > 0 && broken.waits
  })
  await work?.stop()
  await runRetention()
  const [row] = await sql.query(`select max(failures) as failures from retention_tasks`)
  expect(row.failures).toBe(0)
})
