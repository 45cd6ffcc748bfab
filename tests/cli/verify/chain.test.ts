import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect, type Database } from '../../../packages/server/src/database/connect.ts'
import { sealAll, sealNext } from '../../../packages/server/src/seals/seal.ts'
import { withoutGuards } from '../../support/databases/sql.ts'
import { createPayment } from '../../support/http/api.ts'
import { createPaid } from '../../support/payments/paid.ts'
import { createMerchant, withServers } from '../../support/servers/servers.ts'
import { runVerify } from './run-verify.ts'
import { untilRelayed } from './seal-history.ts'

const fixture = withServers(1)
const verify = (...options: string[]) =>
  runVerify({ databaseUrl: fixture.database.url }, ...options)

let database: Database
/** A payment that was paid, and one that was canceled for a reason. */
let paid: string
let canceled: string

beforeAll(async () => {
  const { api, sql } = fixture
  database = connect({ url: fixture.database.url, onError: () => undefined })
  paid = (await createPaid(api, { amount: 5_000, description: 'a gift for Ada' })).id
  // A position that no event has: that of a transaction that was rolled back.
  await sql.query(`select nextval('events_position_seq')`)
  canceled = (await createPayment(api)).id
  const body = { reason: 'Ada has changed her mind' }
  await api('POST', `/v1/payments/${canceled}/cancel`, { body })
  await untilRelayed(fixture)
  await sealAll(database.db)
  await createPaid(api, {})
  await untilRelayed(fixture)
})

afterAll(() => database?.close())

test('two servers seal what has settled, each event once, and a new merchant costs nothing', async () => {
  const other = await createMerchant(fixture)
  const [before] = await fixture.sql.query('select count(*)::integer as count from seals')
  await createPayment(fixture.api)
  await untilRelayed(fixture)
  await Promise.all([sealAll(database.db), sealAll(database.db), sealNext(database.db)])
  await sealAll(database.db)
  const seals = await fixture.sql.query('select * from seals order by merchant_id, number')
  const [{ count }] = await fixture.sql.query('select count(*)::integer as count from events')
  expect(seals.reduce((sum, seal) => sum + seal.events, 0)).toBe(count)
  expect(seals.map(({ number }) => number)).toEqual(seals.map((_, n) => String(n + 1)))
  expect(seals.length).toBeGreaterThan(before.count)
  expect(seals.filter(({ merchant_id: id }) => id === other.id)).toEqual([])
  const report = await verify()
  expect(report).toMatchObject({ code: 0, failed: {} })
  expect(report.checks.seals?.found).toBe(`${count} events in ${seals.length} seals of 1 chain`)
})

test('a chain of many seals is read in the order of their numbers', async () => {
  const other = await createMerchant(fixture)
  const { id } = await createPayment(other.test)
  await untilRelayed(fixture)
  await sealAll(database.db)
  // A chain of one event a seal: more than one page of the check, with numbers of one and two digits.
  await Promise.all(Array.from({ length: 14 }, () => createPayment(other.test)))
  await other.test('POST', `/v1/payments/${id}/cancel`, { body: {} })
  for (let n = 0; n < 10; n++) await createPayment(other.test)
  await untilRelayed(fixture)
  await sealAll(database.db, 1)
  const report = await verify('--merchant', other.id)
  expect(report).toMatchObject({ code: 0, failed: {} })
  expect(report.checks.seals?.found).toBe('26 events in 26 seals of 1 chain')
})

test('erasing personal data does not break the chain', async () => {
  const { sql } = fixture
  await sealAll(database.db)
  await withoutGuards(
    sql,
    `update payments set customer_email = 'erased@example.com', description = null, metadata = '{}',
       cancellation_reason = null, payment_method_details = null;
     update events set reason = null, state = state - '{failure_message,payment_method_details,
       cancellation_reason,next_action_url}'::text[]`,
  )
  expect((await verify()).failed.seals).toBeUndefined()
})

/** Changes by hand of old rows. None of them stops at a guard. */
const tampering: readonly {
  what: string
  change: (of: { paid: string; canceled: string }) => string
  found: RegExp
}[] = [
  {
    what: 'the actor of an event',
    change: (of) =>
      `update events set actor_id = 'key_other' where subject_id = '${of.canceled}' and sequence = 2`,
    found: /event evt_\w+0002 at position \d+ was changed$/,
  },
  {
    what: 'a time of an event',
    change: (of) =>
      `update events set created_at = now() + interval '1 second' where subject_id = '${of.paid}' and sequence = 1`,
    found: /event evt_\w+0001 at position \d+ was changed$/,
  },
  {
    what: 'an amount in the state of an event',
    change: (of) =>
      `update events set state = state || '{"captured_amount": 1}' where subject_id = '${of.paid}' and sequence = 4`,
    found: /event evt_\w+0004 at position \d+ was changed$/,
  },
  {
    what: 'the amount of a payment',
    change: (of) => `update payments set amount = amount + 1 where id = '${of.canceled}'`,
    found: /event evt_\w+0001 at position \d+ was changed$/,
  },
  {
    what: 'a deleted event',
    change: (of) => `delete from events where subject_id = '${of.canceled}' and sequence = 2`,
    found: /a row of the event at position \d+ was deleted$/,
  },
  {
    what: 'an inserted event, at an old position',
    change: (of) =>
      `insert into events overriding system value
       select (p.e).* from (select jsonb_populate_record(e, jsonb_build_object('position',
         position - 1, 'subject_id', 'test_inserted')) as e from events e
         where subject_id = '${of.canceled}' and sequence = 1) p`,
    found: /event evt_inserted0001 at position \d+ was inserted$/,
  },
  {
    what: 'an inserted event, before all others',
    change: (of) =>
      `insert into events overriding system value
       select (p.e).* from (select jsonb_populate_record(e, jsonb_build_object('position', -7,
         'subject_id', 'test_inserted')) as e from events e
         where subject_id = '${of.canceled}' and sequence = 1) p`,
    found: /event evt_inserted0001 at position -7 was inserted$/,
  },
  {
    what: 'an amount of the ledger',
    change: (of) =>
      `update ledger_transfers set amount = amount + 1 where payment_id = '${of.paid}' and kind = 'fee'`,
    found: /ledger transfer fee of event evt_\w+ at position \d+ was changed$/,
  },
  {
    what: 'a deleted transfer',
    change: (of) =>
      `delete from ledger_transfers where payment_id = '${of.paid}' and kind = 'capture'`,
    found: /a row of the event at position \d+ was deleted$/,
  },
  {
    what: 'an inserted transfer',
    change: (of) =>
      `insert into ledger_transfers (merchant_id, livemode, payment_id, event_sequence, kind,
         debit_account, credit_account, amount, currency, created_at)
       select merchant_id, livemode, id, 1, 'dispute_fee', 'processor', 'fees', 1, currency,
         created_at from payments where id = '${of.paid}'`,
    found: /ledger transfer dispute_fee of event evt_\w+0001 at position \d+ was inserted$/,
  },
  {
    what: 'a changed seal',
    change: () => `update seals set hash = sha256('other') where number = 1`,
    found: /seal 1 was changed, .* seal 2 does not continue seal 1$/,
  },
  {
    what: 'a deleted seal',
    change: () => 'delete from seals where number = 1',
    found: /seal 1 is missing$/,
  },
  {
    what: 'the last seal, deleted',
    change: () =>
      `delete from seals s where number =
         (select max(number) from seals where merchant_id = s.merchant_id)`,
    found: /event evt_\w+ at position \d+ is in no seal: it was inserted$/,
  },
]

describe('the chain of seals', () => {
  beforeAll(async () => {
    await sealAll(database.db)
    await fixture.servers.pop()?.stop()
    await fixture.sql.query(`create table kept_events as table events;
      create table kept_transfers as table ledger_transfers; create table kept_seals as table seals;
      create table kept_amounts as select merchant_id, livemode, id, amount from payments`)
  })

  test('an event that has waited for its seal for more than an hour is a warning', async () => {
    const { sql, owner } = fixture
    // Nothing was sealed for hours, because there was nothing to seal.
    await sql.query(`update seal_progress set sealed_at = now() - interval '3 hours'`)
    const insert = `insert into events (merchant_id, livemode, subject_id, sequence, type, created_at,
        actor_type)
      select $1, false, 'test_late', $2::integer, 'webhook.test', now() - $3::interval, 'system'
      from (select 1) one`
    await sql.query(insert, [owner.merchant_id, 1, '50 minutes'])
    expect((await verify()).checks.seals?.status).toBe('ok')
    await sql.query(insert, [owner.merchant_id, 2, '3 hours'])
    const { code, checks } = await verify()
    await withoutGuards(sql, `delete from events where subject_id = 'test_late'`)
    expect({ code, seals: checks.seals }).toMatchObject({ code: 0, seals: { status: 'warn' } })
    expect(checks.seals?.found).toBe('2 events without a seal, the oldest is 3 h old')
  })

  test.each(tampering)('a change by hand is found: $what', async ({ change, found }) => {
    await withoutGuards(fixture.sql, change({ paid, canceled }))
    const report = await verify('--merchant', fixture.owner.merchant_id)
    await withoutGuards(
      fixture.sql,
      `delete from events; insert into events overriding system value table kept_events;
       delete from ledger_transfers; insert into ledger_transfers table kept_transfers;
       delete from seals; insert into seals table kept_seals;
       update payments p set amount = k.amount from kept_amounts k
         where p.merchant_id = k.merchant_id and p.livemode = k.livemode and p.id = k.id
           and p.amount <> k.amount`,
    )
    expect(report.code).toBe(1)
    expect(report.failed.seals).toMatch(found)
    expect((await verify()).failed.seals).toBeUndefined()
  })
})
