import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import { hedge } from '../../../cli/hedge.ts'
import { createDatabase, type TestDatabase } from '../../../support/databases/postgres.ts'
import { query } from '../../../support/databases/postgres-server.ts'
import { apiClient, createPayment } from '../../../support/http/api.ts'
import { makeLiveKey } from '../../../support/servers/live-key.ts'
import {
  createMigratedDatabase,
  migratedAdminUrl,
  startServer,
} from '../../../support/servers/server.ts'

const admin = () => inject('postgresAdminUrl')
let database: TestDatabase

afterEach(async () => {
  await database?.drop()
})

async function merchantOf({ url }: TestDatabase): Promise<string> {
  return String((await query(url, 'select id from merchants'))[0])
}

describe.each(['LATIN1', 'SQL_ASCII'])('a database with the encoding %s', (encoding) => {
  beforeEach(async () => {
    database = await createDatabase(admin())
    const name = new URL(database.url).pathname.slice(1)
    await query(admin(), `drop database ${name}`)
    await query(
      admin(),
      `create database ${name} encoding '${encoding}' locale 'C' template template0`,
    )
  })

  test('is refused by the server and the command line, in one line', async () => {
    await expect(startServer({ databaseUrl: database.url })).rejects.toThrow(
      new RegExp(`could not start\\. DATABASE_URL: .*Its encoding is ${encoding}: .* UTF8\\.\\s*$`),
    )
    const ended = await hedge(['keys', 'create', '--live'], { DATABASE_URL: database.url })
    expect(ended).toMatchObject({ code: 6, stdout: '' })
    expect(ended.stderr).toMatch(new RegExp(`^error: .*encoding is ${encoding}.*\\n$`))
  })
})

describe('with synchronous_commit = off', () => {
  beforeEach(async () => {
    database = await createMigratedDatabase()
    const name = new URL(database.url).pathname.slice(1)
    await query(migratedAdminUrl(), `alter database ${name} set synchronous_commit = off`)
  })

  test('test mode is served with a warning, and live mode is refused', async () => {
    const server = await startServer({ databaseUrl: database.url })
    expect(server.log()).toMatch(/synchronous_commit is off .* live mode is refused/)
    await createPayment(apiClient(server.url, server.secretKey))
    const live = apiClient(server.url, await makeLiveKey(database.url, await merchantOf(database)))
    const { status, body } = await live('GET', '/v1/payments')
    expect(status).toBe(503)
    expect(body.error.message).toContain('synchronous_commit is off')
    await server.stop()
    await expect(startServer({ databaseUrl: database.url })).rejects.toThrow(
      /could not start\. DATABASE_URL: synchronous_commit is off .* HEDGE_ASYNCHRONOUS_COMMITS=allow/,
    )
  })

  test('HEDGE_ASYNCHRONOUS_COMMITS=allow serves live mode', async () => {
    const env = { HEDGE_ASYNCHRONOUS_COMMITS: 'allow' }
    const server = await startServer({ databaseUrl: database.url, env })
    const live = apiClient(server.url, await makeLiveKey(database.url, await merchantOf(database)))
    expect((await live('GET', '/v1/payments')).status).toBe(200)
    expect(await server.stop()).toBe(0)
  })
})
