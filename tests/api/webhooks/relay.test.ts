import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect, type Database } from '../../../packages/server/src/database/connect.ts'
import { readHorizon } from '../../../packages/server/src/events/horizon.sql.ts'
import { relayEvents } from '../../../packages/server/src/webhooks/relay/relay-events.sql.ts'
import type { TestDatabase } from '../../support/databases/postgres.ts'
import { createMigratedDatabase } from '../../support/servers/server.ts'
import { until } from '../../support/until.ts'

let template: TestDatabase
let database: Database
const clients: pg.Client[] = []

beforeAll(async () => {
  template = await createMigratedDatabase()
  database = connect({ url: template.url, onError: () => undefined })
  const { pool } = database
  await pool.query(`insert into merchants (id, name, created_at, updated_at)
    values ('merch_1', 'Shop', now(), now())`)
  await pool.query(`insert into webhook_endpoints (merchant_id, livemode, id, url, events, secret,
    created_at, updated_at)
    values ('merch_1', false, 'whe_1', 'https://example.com/', '{*}', 'plain:', now(), now())`)
})

afterAll(async () => {
  for (const client of clients) await client.end()
  await database?.close()
  await template?.drop()
})

async function client(): Promise<pg.Client> {
  const made = new pg.Client({ connectionString: template.url })
  await made.connect()
  clients.push(made)
  return made
}

/** Writes an event as all writers do: the transaction id is assigned before the position. */
async function writeEvent(by: pg.Client | pg.Pool, subject: string): Promise<void> {
  await by.query(
    `with begun as materialized (select pg_current_xact_id())
    insert into events (merchant_id, livemode, subject_id, sequence, type, created_at, actor_type)
    select 'merch_1', false, $1, 1, 'payment.created', now(), 'system' from begun`,
    [subject],
  )
}

async function relayed(): Promise<string[]> {
  while ((await relayEvents(database.db)) > 0);
  const { rows } = await database.pool.query<{ subject_id: string }>(
    'select subject_id from webhook_deliveries order by position',
  )
  return rows.map((row) => row.subject_id)
}

/**
 * Without open transactions two turns suffice: one sets the fence, one passes it. Other tests on
 * this cluster may have a transaction open for a while.
 */
async function relayUntil(count: number): Promise<string[]> {
  return await until(`${count} events are relayed`, async () => {
    const subjects = await relayed()
    return subjects.length >= count && subjects
  })
}

test('an event that is committed after a later event is not skipped', async () => {
  const slow = await client()
  await slow.query('begin')
  await writeEvent(slow, 'pay_slow')
  await writeEvent(database.pool, 'pay_quick')

  // The position of the slow event is missing. No event behind it may be relayed, however often the
  // relay runs.
  for (let turns = 0; turns < 5; turns++) expect(await relayed()).toEqual([])
  const horizon = await readHorizon(database.db)

  // Transactions that begin and end later do not change the state of the one that still runs.
  await writeEvent(database.pool, 'pay_later')
  for (let turns = 0; turns < 5; turns++) expect(await relayed()).toEqual([])
  expect(await readHorizon(database.db)).toBe(horizon)

  await slow.query('commit')
  expect(await relayUntil(3)).toEqual(['pay_slow', 'pay_quick', 'pay_later'])
})

test('an event of a running transaction is not skipped, even if its transaction id is newer than all ended ones', async () => {
  // The transaction that commits takes its id first and its position last. The running one has a higher id.
  const early = await client()
  await early.query('begin')
  await early.query('select pg_current_xact_id()')
  const slow = await client()
  await slow.query('begin')
  await writeEvent(slow, 'pay_slow_2')
  await writeEvent(early, 'pay_early_2')
  await early.query('commit')
  for (let turns = 0; turns < 5; turns++) expect(await relayed()).toHaveLength(3)
  await slow.query('commit')
  expect((await relayUntil(5)).slice(3)).toEqual(['pay_slow_2', 'pay_early_2'])
})

test('a position that was rolled back is skipped once no transaction can fill it', async () => {
  const failing = await client()
  await failing.query('begin')
  await writeEvent(failing, 'pay_never')
  await writeEvent(database.pool, 'pay_after')
  expect(await relayed()).toHaveLength(5)
  await failing.query('rollback')
  expect((await relayUntil(6)).slice(5)).toEqual(['pay_after'])
})

test('two concurrent processes relay each event once', async () => {
  const writing = Array.from({ length: 50 }, (_, i) => writeEvent(database.pool, `pay_many_${i}`))
  const relaying = Array.from({ length: 4 }, () => relayed())
  await Promise.all([...writing, ...relaying])
  const subjects = (await relayUntil(56)).slice(6)
  expect([...subjects].sort()).toEqual(Array.from({ length: 50 }, (_, i) => `pay_many_${i}`).sort())
})
