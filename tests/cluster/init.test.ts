import { afterEach, beforeEach, expect, test } from 'vitest'
import { hedge } from '../cli/hedge.ts'
import { clusterUrl, createClusterDatabase } from '../support/databases/cluster.ts'
import { asAdmin, type TestDatabase } from '../support/databases/postgres.ts'
import { insertPayments, openSql, type Sql } from '../support/databases/sql.ts'
import { apiClient } from '../support/http/api.ts'
import { firstKeys, startServer } from '../support/servers/server.ts'

// Runs on the cluster of HEDGE_TEST_CITUS_URL, and is skipped without it.

let database: TestDatabase
let sql: Sql

beforeEach(async () => {
  if (clusterUrl === undefined) return
  database = await createClusterDatabase(clusterUrl)
  sql = openSql(database.url)
})

afterEach(async () => {
  await sql?.close()
  await database?.drop()
})

const init = () => hedge(['cluster', 'init', '--database', database.url, '--json'])
const owner = { merchant_id: 'merch_1', livemode: false }

test.skipIf(!clusterUrl)('cluster init distributes a database with its rows, once', async () => {
  expect((await hedge(['migrate', '--database', database.url])).code).toBe(0)
  await sql.query(`insert into merchants (id, name, created_at, updated_at)
    values ('merch_1', 'Merchant', now(), now())`)
  const ids = await insertPayments(sql, { owner, count: 20 })
  const first = await init()
  expect([first.code, first.stderr]).toEqual([0, ''])
  expect(JSON.parse(first.stdout)).toMatchObject({ engine: 'citus', is_new: true })
  expect(JSON.parse((await init()).stdout)).toMatchObject({ is_new: false })
  const found = await sql.query('select id from payments order by id')
  expect(found.map(({ id }) => id)).toEqual(ids)
  await expect(sql.query(`delete from payments where id = '${ids[0]}'`)).rejects.toThrow('refused')
  const events = await sql.query<{ position: string }>('select position from events order by 1')
  expect(events.map(({ position }) => Number(position))).toEqual(ids.map((_, n) => n + 1))
  await insertPayments(sql, { owner, count: 1, ageMs: 1 })
  expect(await sql.query('select max(position) as last from events')).toEqual([{ last: '21' }])
})

test.skipIf(!clusterUrl)(
  'cluster init refuses tables that are distributed in another way',
  async () => {
    expect((await hedge(['migrate', '--database', database.url])).code).toBe(0)
    await sql.query(`select create_distributed_table('rate_counts', 'caller')`)
    await sql.query(`select create_reference_table('merchants')`)
    const { code, stderr } = await init()
    expect([code, stderr]).toEqual([1, expect.stringContaining('distributed in another way')])
    const server = await startServer({ databaseUrl: database.url })
    const ready = await fetch(`${server.url}/readyz`)
    expect([ready.status, await ready.text()]).toEqual([
      503,
      expect.stringContaining('The cluster is only partly set up'),
    ])
    const doctor = await hedge(['doctor', '--json'], { DATABASE_URL: database.url })
    expect(doctor.stdout).toContain('instead of distributed')
    await server.stop()
  },
)

test.skipIf(!clusterUrl)(
  'cluster init refuses a coordinator without workers, unless it takes shards',
  async () => {
    await asAdmin(database.url, async (admin) => {
      await admin.query(
        `select citus_remove_node(nodename, nodeport) from pg_dist_node where groupid > 0`,
      )
    })
    const { code, stderr } = await init()
    expect([code, stderr]).toEqual([1, expect.stringContaining('The cluster has no workers.')])
    await sql.query(`select citus_set_node_property(nodename, nodeport, 'shouldhaveshards', true)
    from pg_dist_node`)
    const single = await init()
    expect([single.code, single.stderr]).toEqual([0, ''])
    expect(JSON.parse(single.stdout)).toMatchObject({ workers: 0, is_new: true })
    const server = await startServer({ databaseUrl: database.url })
    const api = apiClient(server.url, firstKeys.secretKey)
    const body = { amount: 1000, currency: 'USD', customer_email: 'a@example.com' }
    const { body: created } = await api('POST', '/v1/payments', { body })
    const canceled = await api('POST', `/v1/payments/${created.id}/cancel`)
    expect(canceled.body).toMatchObject({ status: 'canceled' })
    await server.stop()
  },
)

test.skipIf(!clusterUrl)(
  'a server that ran when its tables were distributed is not ready, and works after a restart',
  async () => {
    const server = await startServer({ databaseUrl: database.url })
    const api = apiClient(server.url, firstKeys.secretKey)
    const body = { amount: 1000, currency: 'USD', customer_email: 'a@example.com' }
    const { body: before } = await api('POST', '/v1/payments', { body })
    expect((await init()).code).toBe(0)
    const ready = await fetch(`${server.url}/readyz`)
    expect([ready.status, await ready.text()]).toEqual([
      503,
      expect.stringContaining('The tables were distributed. Restart the server.'),
    ])
    await server.stop()
    const restarted = await startServer({ databaseUrl: database.url })
    const again = apiClient(restarted.url, firstKeys.secretKey)
    expect((await fetch(`${restarted.url}/readyz`)).status).toBe(200)
    const canceled = await again('POST', `/v1/payments/${before.id}/cancel`)
    expect(canceled.body).toMatchObject({ status: 'canceled' })
    await restarted.stop()
  },
)
