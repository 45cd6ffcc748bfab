import { afterEach, beforeEach, expect, test } from 'vitest'
import { brokenInvariants, isAtRest } from '../../support/databases/invariants.ts'
import { endLeasesOfKilled } from '../../support/databases/leases.ts'
import type { TestDatabase } from '../../support/databases/postgres.ts'
import { openSql, type Sql } from '../../support/databases/sql.ts'
import { type Api, apiClient, createPayment } from '../../support/http/api.ts'
import { untilStatus } from '../../support/payments/paid.ts'
import { advance, initiate } from '../../support/payments/sandbox.ts'
import {
  createMigratedDatabase,
  startServer,
  type TestServer,
} from '../../support/servers/server.ts'
import { until } from '../../support/until.ts'

let database: TestDatabase
let sql: Sql
let doomed: TestServer
let api: Api

beforeEach(async () => {
  database = await createMigratedDatabase()
  sql = openSql(database.url)
  doomed = await startServer({ databaseUrl: database.url })
  api = apiClient(doomed.url, doomed.secretKey)
})

afterEach(async () => {
  await doomed?.kill()
  await sql?.close()
  await database?.drop()
})

/** Kills the only server while it calls the processor, and has another one come to an end. */
async function killDuring(kind: 'void' | 'refund'): Promise<void> {
  await until(`a call to ${kind} runs`, async () => {
    const rows = await sql.query(
      'select from payment_attempts where kind = $1 and outcome is null',
      [kind],
    )
    return rows.length > 0
  })
  await doomed.kill()
  await endLeasesOfKilled(sql)
  doomed = await startServer({ databaseUrl: database.url })
  api = apiClient(doomed.url, doomed.secretKey)
  // Windows that are still open end, so that every task can come to its end.
  await advance(api, 7_200)
  await until('nothing is left to do', () => isAtRest(sql), { patience: 2 })
  expect(await brokenInvariants(sql, { isAtRest: true })).toEqual({})
}

async function movements(id: string): Promise<string[]> {
  const rows = await sql.query(
    'select kind from sandbox_movements where payment_id = $1 order by position',
    [id],
  )
  return rows.map(({ kind }) => kind)
}

test('kill -9 during a void: another process gives the authorization up, once', async () => {
  const { body } = await initiate(api, 'tok_slow', { cancel_window: 3_600 })
  const canceled = await api('POST', `/v1/payments/${body.id}/cancel`)
  await killDuring('void')
  expect(await movements(body.id)).toEqual(['authorize', 'void'])
  const { body: after } = await api('GET', `/v1/payments/${body.id}`)
  expect(after).toEqual(canceled.body)
})

test('kill -9 during a refund: another process sees to it, and the money goes back once', async () => {
  const { body } = await initiate(api, 'tok_slow')
  await untilStatus(api, body.id, 'succeeded')
  await api('POST', `/v1/payments/${body.id}/refund`, { body: { amount: 1_234 } })
  await killDuring('refund')
  expect(await movements(body.id)).toEqual(['authorize', 'capture', 'refund'])
  const { body: after } = await api('GET', `/v1/payments/${body.id}`)
  expect(after).toMatchObject({
    status: 'partially_refunded',
    refunded_amount: 1_234,
    refunds: [{ amount: 1_234, status: 'succeeded' }],
  })
})

test('a payment that was processing when its process was killed is captured once', async () => {
  const created = await createPayment(api)
  const path = `/v1/payments/${created.id}/initiate`
  const initiated = await api('POST', path, { body: { payment_method_token: 'tok_visa' } })
  expect(initiated.status).toBe(200)
  // From here on it is due: whatever step it is killed in, the next process goes on from there.
  await doomed.kill()
  await endLeasesOfKilled(sql)
  doomed = await startServer({ databaseUrl: database.url })
  api = apiClient(doomed.url, doomed.secretKey)
  await until(
    'it succeeds',
    async () => (await api('GET', `/v1/payments/${created.id}`)).body.status === 'succeeded',
    { patience: 2 },
  )
  await until('nothing is left to do', () => isAtRest(sql), { patience: 2 })
  expect(await brokenInvariants(sql, { isAtRest: true })).toEqual({})
  expect(await movements(created.id)).toEqual(['authorize', 'capture'])
})
