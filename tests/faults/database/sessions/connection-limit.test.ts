import { afterEach, beforeEach, expect, test } from 'vitest'
import type { TestDatabase } from '../../../support/databases/postgres.ts'
import { query } from '../../../support/databases/postgres-server.ts'
import { apiClient, createPayment } from '../../../support/http/api.ts'
import {
  createMigratedDatabase,
  migratedAdminUrl,
  startServer,
  type TestServer,
} from '../../../support/servers/server.ts'
import { until } from '../../../support/until.ts'

let database: TestDatabase
let servers: TestServer[] = []

beforeEach(async () => {
  database = await createMigratedDatabase()
})

afterEach(async () => {
  await Promise.all(servers.map((server) => server.kill()))
  servers = []
  await database.drop()
})

/** The limit of a database answers 53300, as that of a role and of the cluster do. */
async function limit(connections: number): Promise<void> {
  const name = new URL(database.url).pathname.slice(1)
  await query(migratedAdminUrl(), `alter database ${name} connection limit ${connections}`)
}

test.each([
  ['two servers with 26 connections', 2, 26],
  ['a server with 7 connections', 1, 7],
])('%s answer creates, cancels and lists under load', async (_, count, connections) => {
  await limit(connections)
  for (let n = 0; n < count; n++) servers.push(await startServer({ databaseUrl: database.url }))
  const apis = servers.map(({ url, secretKey }) => apiClient(url, secretKey))
  const statuses = await Promise.all(
    Array.from({ length: 40 }, async (__, n) => {
      const api = apis[n % count] as (typeof apis)[number]
      const { id } = await createPayment(api)
      return (await api('POST', `/v1/payments/${id}/cancel`)).status
    }),
  )
  expect(statuses).toEqual(statuses.map(() => 200))
  for (const api of apis) {
    await until('lists get a connection', async () => {
      const { status } = await api('GET', '/v1/payments?limit=1')
      return status === 200
    })
  }
})

test('cancels go on while another program takes all other connections', async () => {
  const server = await startServer({ databaseUrl: database.url })
  servers.push(server)
  const api = apiClient(server.url, server.secretKey)
  const payments = await Promise.all(Array.from({ length: 20 }, () => createPayment(api)))
  // Open connections stay, and no further one is accepted.
  await limit(1)
  for (const { id } of payments) {
    const { status } = await api('POST', `/v1/payments/${id}/cancel`)
    expect(status).toBe(200)
  }
  expect((await fetch(`${server.url}/readyz`)).status).toBe(200)
})
