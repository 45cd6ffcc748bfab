import pg from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { connect, type Database } from '../../packages/server/src/database/connect.ts'
import { relayEvents } from '../../packages/server/src/webhooks/relay/relay-events.sql.ts'
import { clusterUrl, createDistributedDatabase } from '../support/databases/cluster.ts'
import { type TestDatabase, withDatabase } from '../support/databases/postgres.ts'
import { until } from '../support/until.ts'

// Runs on the cluster of HEDGE_TEST_CITUS_URL, and is skipped without it.

let template: TestDatabase
let database: Database
const clients: pg.Client[] = []

beforeEach(async () => {
  if (clusterUrl === undefined) return
  template = await createDistributedDatabase(clusterUrl)
  database = connect({ url: template.url, onError: () => undefined })
  const { pool } = database
  await pool.query(`insert into merchants (id, name, created_at, updated_at)
    values ('merch_1', 'Shop', now(), now())`)
  await pool.query(`insert into webhook_endpoints (merchant_id, livemode, id, url, events, secret,
    created_at, updated_at)
    values ('merch_1', false, 'whe_1', 'https://example.com/', '{*}', 'plain:', now(), now())`)
})

afterEach(async () => {
  for (const client of clients.splice(0)) await client.end()
  await database?.close()
  await template?.drop()
})

async function connectTo(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  clients.push(client)
  return client
}

/** Writes an event as all writers do: by an insert of a select. */
async function writeEvent(by: pg.Client | pg.Pool, subject: string): Promise<void> {
  await by.query(
    `insert into events (merchant_id, livemode, subject_id, sequence, type, created_at, actor_type)
    select 'merch_1', false, $1, 1, 'payment.created', now(), 'system' from (select 1) one`,
    [subject],
  )
}

/** Takes a position that no event will have. */
async function leaveGap(): Promise<void> {
  const client = await database.pool.connect()
  await client.query('begin; select hedge_claim_position(); rollback')
  client.release()
}

/** The subjects of all deliveries, after the relay has done what it can at once. */
async function relayed(): Promise<string[]> {
  while ((await relayEvents(database.db)) > 0);
  const { rows } = await database.pool.query<{ subject_id: string }>(
    'select subject_id from webhook_deliveries order by position',
  )
  return rows.map((row) => row.subject_id)
}

async function expectNotRelayed(count: number): Promise<void> {
  for (let turns = 0; turns < 5; turns++) expect(await relayed()).toHaveLength(count)
}

async function relayUntil(count: number): Promise<string[]> {
  return await until(`${count} events are relayed`, async () => {
    const subjects = await relayed()
    return subjects.length >= count && subjects
  })
}

/** The node and the table of the merchant's events. */
async function findShard(): Promise<{ url: string; table: string }> {
  const { rows } = await database.pool.query<{ table: string; host: string; port: number }>(
    `select shard_name as table, nodename as host, nodeport as port from citus_shards
    where table_name = 'events'::regclass
      and shardid = get_shard_id_for_distribution_column('events', 'merch_1')`,
  )
  if (!rows[0]) throw new Error('the merchant has no shard')
  const url = new URL(template.url)
  url.host = `${rows[0].host}:${rows[0].port}`
  return { url: url.href, table: rows[0].table }
}

test.skipIf(!clusterUrl)('a long transaction delays only the events behind it', async () => {
  await writeEvent(database.pool, 'pay_before')
  const old = await connectTo(template.url)
  await old.query('begin')
  await writeEvent(old, 'pay_never')
  await writeEvent(database.pool, 'pay_behind')
  expect(await relayUntil(1)).toEqual(['pay_before'])
  await expectNotRelayed(1)
  // The next one takes its position before the old one has ended, as on a busy server.
  const next = await connectTo(template.url)
  await next.query('begin; select hedge_claim_position()')
  await writeEvent(database.pool, 'pay_last')
  await old.query('rollback')
  expect(await relayUntil(2)).toEqual(['pay_before', 'pay_behind'])
  await expectNotRelayed(2)
  await next.query('commit')
  expect(await relayUntil(3)).toEqual(['pay_before', 'pay_behind', 'pay_last'])
})

test.skipIf(!clusterUrl)(
  'an event that is prepared on a worker is not skipped, though its coordinator has forgotten it',
  async () => {
    const shard = await findShard()
    const { rows } = await database.pool.query('select hedge_claim_position() as position')
    const worker = await connectTo(shard.url)
    await worker.query(`begin;
      insert into ${shard.table} (position, merchant_id, livemode, subject_id, sequence, type,
        created_at, actor_type)
      values (${rows[0].position}, 'merch_1', false, 'pay_prepared', 1, 'payment.created', now(),
        'system');
      prepare transaction 'of a lost coordinator'`)
    await writeEvent(database.pool, 'pay_behind')
    await expectNotRelayed(0)
    await worker.query(`commit prepared 'of a lost coordinator'`)
    expect(await relayUntil(2)).toEqual(['pay_prepared', 'pay_behind'])
  },
)

test.skipIf(!clusterUrl)(
  'the fence waits for transactions of its database, each only once',
  async () => {
    const { url } = await findShard()
    const elsewhere = await connectTo(withDatabase(url, 'postgres'))
    await elsewhere.query('begin; select pg_current_xact_id()')
    const old = await connectTo(url)
    await old.query('begin; select pg_current_xact_id()')
    await leaveGap()
    await writeEvent(database.pool, 'pay_behind')
    await expectNotRelayed(0)
    // The next one begins before the old one has ended, as on a busy worker.
    const next = await connectTo(url)
    await next.query('begin; select pg_current_xact_id()')
    await old.query('commit')
    expect(await relayUntil(1)).toEqual(['pay_behind'])
  },
)
