import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { connect } from '../../../../packages/server/src/database/connect.ts'
import { SessionError } from '../../../../packages/server/src/database/sessions/sessions.ts'
import { hedge } from '../../../cli/hedge.ts'
import type { TestDatabase } from '../../../support/databases/postgres.ts'
import { openSql } from '../../../support/databases/sql.ts'
import { apiClient, createPayment } from '../../../support/http/api.ts'
import { untilStatus } from '../../../support/payments/paid.ts'
import { createMigratedDatabase, startServer } from '../../../support/servers/server.ts'
import { until } from '../../../support/until.ts'
import { installedPgBouncer, openPgBouncer } from './pgbouncer.ts'
import { openPooler, type Pooler, type PoolMode } from './pooler.ts'

let database: TestDatabase
let pooler: Pooler | undefined

beforeAll(async () => {
  database = await createMigratedDatabase()
})

afterEach(async () => {
  await pooler?.close()
  pooler = undefined
})

afterAll(async () => {
  await database?.drop()
})

/** The pooler of the tests, and PgBouncer where it is installed. */
const kinds = [
  ['a pooler', openPooler] as const,
  ...(installedPgBouncer ? [['PgBouncer', openPgBouncer] as const] : []),
]

describe.each(kinds)('behind %s', (_, openKind) => {
  async function open(mode: PoolMode, sessionsMax: number): Promise<Pooler> {
    pooler = await openKind({ target: database.url, mode, sessionsMax })
    return pooler
  }

  test('in session mode a server takes, cancels and captures payments', async () => {
    const { url } = await open('session', 30)
    const server = await startServer({ databaseUrl: url })
    const api = apiClient(server.url, server.secretKey)
    const { id } = await createPayment(api)
    expect((await api('POST', `/v1/payments/${id}/cancel`)).body.status).toBe('canceled')
    const paid = await createPayment(api, { initiate: true, payment_method_token: 'tok_visa' })
    await untilStatus(api, paid.id, 'succeeded')
    const { data } = (await api('GET', '/v1/payments?limit=2')).body
    expect(data.map((each: { id: string }) => each.id)).toEqual([paid.id, id])
    expect(await server.stop()).toBe(0)
  })

  test.each([1, 2, 20])(
    'in transaction mode with %i sessions a connection is refused, with the reason',
    async (sessionsMax) => {
      const { url } = await open('transaction', sessionsMax)
      const refused = connect({ url, onError: () => undefined })
      await expect(refused.openFirst()).rejects.toThrow(/share sessions .* pool_mode = session/)
      await refused.close()
      const two = connect({ url, onError: () => undefined })
      await expect(two.checkSessions()).rejects.toThrow(SessionError)
      await two.close()
    },
  )

  test('in transaction mode no command opens the database, and says why in one line', async () => {
    const { url } = await open('transaction', 20)
    const ended = await hedge(['keys', 'create', '--live'], { DATABASE_URL: url })
    expect(ended).toMatchObject({ code: 6, stdout: '' })
    expect(ended.stderr).toMatch(/^error: .*share sessions.*transaction mode.*\n$/)
    await expect(startServer({ databaseUrl: url })).rejects.toThrow(
      /could not start\. DATABASE_URL: .*share sessions.*transaction mode.*/,
    )
  })
})

test('in transaction mode a connection is refused also while others use the sessions', async () => {
  pooler = await openPooler({ target: database.url, mode: 'transaction', sessionsMax: 4 })
  const noise = openSql(pooler.url)
  let isOver = false
  const makeNoise = async () => {
    while (!isOver) await noise.query('select 1')
  }
  const running = Array.from({ length: 8 }, makeNoise)
  for (let round = 0; round < 10; round++) {
    const refused = connect({ url: pooler.url, onError: () => undefined })
    await expect(refused.openFirst()).rejects.toThrow(SessionError)
    await refused.close()
  }
  isOver = true
  await Promise.all(running)
  await noise.close()
})

test('a pooler that changes to transaction mode makes the server not ready, and back ready', async () => {
  const changing = await openPooler({ target: database.url, mode: 'session', sessionsMax: 30 })
  pooler = changing
  const server = await startServer({ databaseUrl: changing.url, env: { LOG_LEVEL: 'silent' } })
  const api = apiClient(server.url, server.secretKey)
  const ready = async () => await (await fetch(`${server.url}/readyz`)).text()
  const { id } = await createPayment(api)
  expect(await ready()).toContain('ready')
  changing.setMode('transaction')
  changing.cut()
  await until('the server says why', async () => /share sessions/.test(await ready()))
  // The first connection after the change has its session for itself, until a second one uses it.
  const { status: early } = await api('POST', `/v1/payments/${id}/cancel`)
  expect([200, 503]).toContain(early)
  changing.setMode('session')
  changing.cut()
  await until('the server is ready', async () => (await ready()).includes('"ready"'))
  const isCanceled = async () => (await api('GET', `/v1/payments/${id}`)).body.status === 'canceled'
  expect(await isCanceled()).toBe(early === 200)
  await until('a cancel succeeds', async () => {
    await api('POST', `/v1/payments/${id}/cancel`)
    return await isCanceled()
  })
  await server.stop()
})
