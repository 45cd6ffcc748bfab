import { once } from 'node:events'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { brokenInvariants } from '../../support/databases/invariants.ts'
import { endLeasesOfKilled } from '../../support/databases/leases.ts'
import type { TestDatabase } from '../../support/databases/postgres.ts'
import { openSql, type Sql } from '../../support/databases/sql.ts'
import { type Api, apiClient, createPayment } from '../../support/http/api.ts'
import { createPaid } from '../../support/payments/paid.ts'
import { attempts } from '../../support/payments/sandbox.ts'
import {
  createMigratedDatabase,
  startServer,
  type TestServer,
  tell,
} from '../../support/servers/server.ts'
import { until } from '../../support/until.ts'

let database: TestDatabase
let sql: Sql
let doomed: TestServer
let survivor: TestServer
let api: Api

beforeEach(async () => {
  database = await createMigratedDatabase()
  sql = openSql(database.url)
  doomed = await startServer({ databaseUrl: database.url, entry: inject('programs').fittedServer })
  survivor = await startServer({ databaseUrl: database.url })
  api = apiClient(survivor.url, survivor.secretKey)
})

afterEach(async () => {
  await doomed?.kill()
  await survivor?.stop()
  await sql?.close()
  await database?.drop()
})

/** Has a server die at a failpoint, by a request that gets there. */
async function dieAt(name: string, request: (api: Api) => Promise<unknown>): Promise<void> {
  await tell(doomed, { failpoint: { name, passing: 1 } })
  const died = once(doomed.child, 'exit')
  await expect(request(apiClient(doomed.url, doomed.secretKey))).rejects.toThrow()
  await died
  expect(doomed.child.signalCode).toBe('SIGKILL')
}

test('a submission whose process died is carried on by its key, and each of its calls has an end', async () => {
  const { id } = await createPayment(api)
  const path = `/v1/payments/${id}/initiate`
  const request = {
    body: { payment_method_token: 'tok_chargeDeclined' },
    idempotencyKey: 'its process died',
  }
  await dieAt('before call: authorize', (from) => from('POST', path, request))
  await endLeasesOfKilled(sql)
  const answer = await until('the key is free', async () => {
    const reply = await api('POST', path, request)
    return reply.body.error?.code !== 'idempotency_key_in_use' && reply
  })
  expect([answer.status, answer.body.status]).toEqual([200, 'failed'])
  // Who carries it on, the request or a worker, is a race; either asks first what came of it.
  const calls = await attempts(api, id)
  expect(calls.slice(0, 2)).toEqual(['authorize unknown', 'look_up absent'])
  expect(calls.at(-1)).toMatch(/declined$/)
  expect(await brokenInvariants(sql, { isAtRest: true })).toEqual({})
})

test('a server whose clock is hours ahead ends no undo window, and lets no payment expire', async () => {
  await tell(doomed, { clockAheadMs: 12 * 3_600_000 })
  const submit = async (cancelWindow: number) => {
    const { id } = await createPayment(api, { cancel_window: cancelWindow })
    const path = `/v1/payments/${id}/initiate`
    const reply = await api('POST', path, { body: { payment_method_token: 'tok_visa' } })
    expect(reply.body.status).toBe('initiated')
    return id as string
  }
  const waiting = await createPayment(api)
  const open = await submit(3_600)
  const due = await submit(2)
  // From here on only the one with the wrong clock is there, and moves what is due.
  await survivor.stop()
  const wrong = apiClient(doomed.url, doomed.secretKey)
  const statusOf = async (id: string) => (await wrong('GET', `/v1/payments/${id}`)).body.status
  await until('what is due has succeeded', async () => (await statusOf(due)) === 'succeeded')
  expect([await statusOf(open), await statusOf(waiting.id)]).toEqual(['initiated', 'pending'])
  const rows = await sql.query(
    `select kind from payment_tasks where leased_until > now() + interval '1 minute'`,
  )
  expect(rows).toEqual([])
})

test('a call that nobody will end, of a payment that needs nothing more, is ended; a young one runs on', async () => {
  const { id } = await createPaid(api)
  const begun = async (number: number, ago: string) =>
    await sql.query(
      `insert into payment_attempts (merchant_id, livemode, payment_id, number, kind, processor,
          processor_key, actor_type, started_at, began_at)
        select merchant_id, livemode, id, $2, 'look_up', 'sandbox', 'its process died', 'system',
          now() - $3::interval, now() - $3::interval
        from payments where id = $1`,
      [id, number, ago],
    )
  await begun(98, '1 minute')
  await begun(99, '-1 hour')
  const calls = await until('the old call has an end', async () => {
    const found = await attempts(api, id)
    return found.includes('look_up unknown') && found
  })
  expect(calls.slice(-2)).toEqual(['look_up unknown', 'look_up null'])
})
