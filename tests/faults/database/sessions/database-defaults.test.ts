import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hedge } from '../../../cli/hedge.ts'
import { clusterUrl } from '../../../support/databases/cluster.ts'
import type { TestDatabase } from '../../../support/databases/postgres.ts'
import { query } from '../../../support/databases/postgres-server.ts'
import { type Api, apiClient, createPayment } from '../../../support/http/api.ts'
import { untilStatus } from '../../../support/payments/paid.ts'
import {
  createMigratedDatabase,
  migratedAdminUrl,
  startServer,
  type TestServer,
} from '../../../support/servers/server.ts'
import { until } from '../../../support/until.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs

describe.each([
  ['Asia/Tokyo', { timezone: 'Asia/Tokyo', datestyle: 'SQL, DMY', intervalstyle: 'iso_8601' }],
  [
    'Asia/Kolkata, serializable',
    { timezone: 'Asia/Kolkata', default_transaction_isolation: 'serializable' },
  ],
  [
    'serializable, other plans and timeouts',
    {
      default_transaction_isolation: 'serializable',
      default_transaction_deferrable: 'on',
      bytea_output: 'escape',
      client_encoding: 'LATIN1',
      standard_conforming_strings: 'off',
      statement_timeout: '1d',
      lock_timeout: '1ms',
      idle_in_transaction_session_timeout: '1ms',
      enable_seqscan: 'on',
      plan_cache_mode: 'force_custom_plan',
    },
  ],
])('on a database with the defaults %s', (_, defaults) => {
  let database: TestDatabase
  let server: TestServer
  let api: Api

  beforeAll(async () => {
    database = await createMigratedDatabase()
    const name = new URL(database.url).pathname.slice(1)
    for (const [setting, value] of Object.entries(defaults)) {
      const statement = `alter database ${name} set ${setting} = '${value}'`
      await query(migratedAdminUrl(), statement)
    }
    // A cluster passes defaults on to its workers. This sets those again that servers need there.
    if (clusterUrl) await hedge(['cluster', 'init', '--database', database.url])
    server = await startServer({ databaseUrl: database.url })
    api = apiClient(server.url, server.secretKey)
  })

  afterAll(async () => {
    await server?.stop()
    await database?.drop()
  })

  test('concurrent creates and cancels all succeed', async () => {
    const created = await Promise.all(Array.from({ length: 60 }, () => createPayment(api)))
    const canceled = await Promise.all(
      created.map(({ id }) => api('POST', `/v1/payments/${id}/cancel`)),
    )
    expect(canceled.map(({ status }) => status)).toEqual(created.map(() => 200))
    expect(new Set(created.map(({ id }) => id)).size).toBe(60)
  })

  test('an undo window is as long as requested, and ends', async () => {
    const submit = { initiate: true, payment_method_token: 'tok_visa' }
    const { id } = await createPayment(api, { ...submit, cancel_window: 60 })
    const { body } = await api('GET', `/v1/payments/${id}`)
    const windowMs = Date.parse(body.cancelable_until) - Date.parse(body.created_at)
    expect(windowMs).toBeGreaterThanOrEqual(60_000)
    expect(windowMs).toBeLessThan(120_000)
    expect(Math.abs(Date.parse(body.created_at) - Date.now())).toBeLessThan(hourMs / 2)
    expect((await api('POST', `/v1/payments/${id}/cancel`)).body.status).toBe('canceled')
    const short = await createPayment(api, { ...submit, cancel_window: 1 })
    await untilStatus(api, short.id, 'succeeded')
  })

  test('lists are filtered by the real time, newest first', async () => {
    const { id } = await createPayment(api)
    const at = (ms: number) => `${new Date(Date.now() + ms).toISOString().slice(0, 19)}Z`
    const list = async (filter: string) => (await api('GET', `/v1/payments?${filter}`)).body.data
    expect((await list(`created_at[gte]=${at(-hourMs / 2)}&limit=1`))[0].id).toBe(id)
    expect(await list(`created_at[gte]=${at(hourMs / 2)}`)).toEqual([])
    expect(await list(`created_at[lte]=${at(-hourMs / 2)}`)).toEqual([])
  })

  test('plots count payments in the hours and days of UTC', async () => {
    const sql = async (text: string) => await query(database.url, text)
    await until('payments are counted', async () => {
      const [count] = await sql('select count(*)::integer from hourly_stats')
      return count !== 0
    })
    const hours = await sql(
      `select distinct extract(epoch from hour)::bigint::text from hourly_stats`,
    )
    const days = await sql(`select distinct extract(epoch from day)::bigint::text from daily_stats`)
    expect(hours.filter((hour) => (Number(hour) * 1_000) % hourMs !== 0)).toEqual([])
    expect(days.filter((day) => (Number(day) * 1_000) % dayMs !== 0)).toEqual([])
  })
})
