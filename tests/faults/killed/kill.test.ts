import { once } from 'node:events'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect } from '../../../packages/server/src/database/connect.ts'
import { migrate } from '../../../packages/server/src/database/migrate/migrate.ts'
import { bootstrap } from '../../../packages/server/src/merchants/bootstrap.ts'
import { postgresPid, removeData } from '../../support/databases/postgres-server.ts'
import { insertPayments, openSql } from '../../support/databases/sql.ts'
import { apiClient } from '../../support/http/api.ts'
import { firstKeys, startServer, type TestServer } from '../../support/servers/server.ts'
import { size } from '../../support/size.ts'
import { until } from '../../support/until.ts'

const acknowledgedMin = size({ quick: 100, all: 1_000 })

let dataDir: string
let server: TestServer | undefined

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'hedge-kill-'))
})

afterAll(async () => {
  await server?.stop()
  await removeData(dataDir)
})

// The bundled database, as users run it: with fsync on.
const start = () => startServer({ env: { HEDGE_DATA_DIR: dataDir } })

/** Where the bundled database listens, as its own address file or settings say. */
async function openBundled() {
  const { startBundledPostgres } = await import('../../../packages/bundled-postgres/src/start.ts')
  const database = await startBundledPostgres({ dataDir, log: () => undefined })
  return { url: database.url, sql: openSql(database.url), stop: () => database.stop() }
}

/** Creates the tables and the first merchant, as the first start of a server does. */
async function createMerchant(url: string): Promise<void> {
  const database = connect({ url, onError: () => undefined })
  await migrate(database)
  await bootstrap(database.db, firstKeys)
  await database.close()
}

/** Payments for the load, made while no server runs. */
async function preparePayments(): Promise<string[]> {
  const { url, sql, stop } = await openBundled()
  try {
    await createMerchant(url)
    const [merchant] = await sql.query('select id from merchants')
    const owner = { merchant_id: merchant.id, livemode: false }
    return await insertPayments(sql, { owner, count: size({ quick: 1_000, all: 20_000 }) })
  } finally {
    await sql.close()
    await stop()
  }
}

/** Cancels one payment after another from many clients until the server is gone. */
async function cancelUntilGone(
  url: string,
  ids: string[],
  acknowledged: Map<string, string>,
): Promise<void> {
  const headers = { authorization: `Bearer ${firstKeys.secretKey}` }
  await Promise.all(
    Array.from({ length: size({ quick: 8, all: 32 }) }, async () => {
      for (let id = ids.pop(); id !== undefined; id = ids.pop()) {
        try {
          const response = await fetch(`${url}/v1/payments/${id}/cancel`, {
            method: 'POST',
            headers: { ...headers, 'idempotency-key': `cancel ${id}` },
          })
          const text = await response.text()
          if (response.status === 200) acknowledged.set(id, text)
        } catch {
          return
        }
      }
    }),
  )
}

async function expectKept(acknowledged: Map<string, string>): Promise<void> {
  const { sql, stop } = await openBundled()
  try {
    const rows = await sql.query(
      `select p.id, p.status, p.sequence, count(e.*)::integer as events,
        max(e.sequence) as newest, count(*) filter (where e.type = 'payment.canceled')::integer as canceled
       from payments p join events e on e.subject_id = p.id group by p.merchant_id, p.livemode, p.id`,
    )
    const byId = new Map(rows.map((row) => [row.id, row]))
    for (const id of acknowledged.keys()) expect(byId.get(id)?.status).toBe('canceled')
    for (const row of rows) {
      expect([row.events, row.newest, row.canceled]).toEqual([
        row.sequence,
        row.sequence,
        row.status === 'canceled' ? 1 : 0,
      ])
    }
  } finally {
    await sql.close()
    await stop()
  }
}

test.each([
  ...size({ quick: [], all: [['the server', false] as const] }),
  ['the server and its PostgreSQL', true] as const,
])('kill -9 of %s under load loses no acknowledged cancel', async (_, alsoPostgres) => {
  await server?.stop()
  const ids = await preparePayments()
  server = await start()
  const acknowledged = new Map<string, string>()
  const load = cancelUntilGone(server.url, ids, acknowledged)
  await until('some are acknowledged', () => acknowledged.size >= acknowledgedMin)
  const pid = await postgresPid(dataDir)
  const exited = once(server.child, 'exit')
  if (alsoPostgres && pid) process.kill(pid, 'SIGKILL')
  server.child.kill('SIGKILL')
  await exited
  await load
  expect(ids.length, 'it was killed under load').toBeGreaterThan(0)

  await expectKept(acknowledged)
  server = await start()
  const api = apiClient(server.url, firstKeys.secretKey)
  for (const [id, text] of [...acknowledged].slice(-20)) {
    const again = await api('POST', `/v1/payments/${id}/cancel`, { idempotencyKey: `cancel ${id}` })
    expect([again.status, again.text]).toEqual([200, text])
  }
})
