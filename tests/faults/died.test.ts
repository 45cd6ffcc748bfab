import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Api, apiClient, createPayment } from '../support/api.ts'
import { brokenInvariants } from '../support/invariants.ts'
import type { TestDatabase } from '../support/postgres.ts'
import { attempts } from '../support/sandbox.ts'
import { createMigratedDatabase, startServer, type TestServer } from '../support/server.ts'
import { openSql, type Sql } from '../support/sql.ts'
import { until } from '../support/until.ts'

const entry = fileURLToPath(new URL('../support/fitted-server-process.ts', import.meta.url))
// A lease of a process that died has to run out first: longer than other waits.
const waitMs = 60_000

let database: TestDatabase
let sql: Sql
let doomed: TestServer
let survivor: TestServer
let api: Api

beforeEach(async () => {
  database = await createMigratedDatabase()
  sql = openSql(database.url)
  doomed = await startServer({ databaseUrl: database.url, entry })
  survivor = await startServer({ databaseUrl: database.url })
  api = apiClient(survivor.url, survivor.secretKey)
}, waitMs)

afterEach(async () => {
  await doomed?.kill()
  await survivor?.stop()
  await sql?.close()
  await database?.drop()
})

/** Has a server die at a failpoint, by a request that gets there. */
async function dieAt(name: string, request: (api: Api) => Promise<unknown>): Promise<void> {
  const heard = once(doomed.child, 'message')
  doomed.child.send({ failpoint: { name, passing: 1 } })
  await heard
  const died = once(doomed.child, 'exit')
  await expect(request(apiClient(doomed.url, doomed.secretKey))).rejects.toThrow()
  await died
  expect(doomed.child.signalCode).toBe('SIGKILL')
}

test(
  'a submission whose process died is carried on by its key, and each of its calls has an end',
  async () => {
    const { id } = await createPayment(api)
    const path = `/v1/payments/${id}/initiate`
    const request = {
      body: { payment_method_token: 'tok_chargeDeclined' },
      idempotencyKey: 'its process died',
    }
    await dieAt('before call: authorize', (from) => from('POST', path, request))
    const answer = await until(
      'the key is free',
      async () => {
        const reply = await api('POST', path, request)
        return reply.body.error?.code !== 'idempotency_key_in_use' && reply
      },
      waitMs,
    )
    expect([answer.status, answer.body.status]).toEqual([200, 'failed'])
    expect(await attempts(api, id)).toEqual([
      'authorize unknown',
      'look_up absent',
      'authorize declined',
    ])
    expect(await brokenInvariants(sql, { isAtRest: true })).toEqual({})
  },
  2 * waitMs,
)
