import pg from 'pg'
import { describe, expect, inject, test } from 'vitest'
import { connect } from '../../../packages/server/src/database/connect.ts'
import { migrate } from '../../../packages/server/src/database/migrate/migrate.ts'
import { onAllNodes } from '../../support/databases/nodes.ts'
import { insertPayments } from '../../support/databases/sql.ts'
import { type Api, apiClient, createPayment } from '../../support/http/api.ts'
import { serveApp } from '../../support/servers/serve-app.ts'
import { firstKeys } from '../../support/servers/server.ts'
import { createMerchant, withServers } from '../../support/servers/servers.ts'
import { size } from '../../support/size.ts'
import { until } from '../../support/until.ts'

const fixture = withServers(1)

const idsBy = async (api: Api, email: string): Promise<string[]> => {
  const { status, body } = await api(
    'GET',
    `/v1/payments?customer_email=${encodeURIComponent(email)}`,
  )
  expect(status, JSON.stringify(body)).toBe(200)
  return body.data.map(({ id }: { id: string }) => id)
}

describe('an e-mail address is found in any case', () => {
  test('by a list, and every payment shows the address as it was given', async () => {
    const { test: api } = await createMerchant(fixture)
    const given = ['Mixed.Case@Example.com', 'mixed.case@example.com', 'MIXED.CASE@EXAMPLE.COM']
    const made = []
    for (const customer_email of given) made.push(await createPayment(api, { customer_email }))
    expect(made.map((payment) => payment.customer_email)).toEqual(given)
    await createPayment(api, { customer_email: 'mixed.case2@example.com' })
    const newestFirst = made.map(({ id }) => id).reverse()
    for (const email of [...given, 'mIXED.cASE@eXAMPLE.cOM']) {
      expect(await idsBy(api, email), email).toEqual(newestFirst)
    }
    const { body } = await api(
      'GET',
      '/v1/payments?customer_email=MIXED.case%40example.com&limit=2',
    )
    expect(body.has_more).toBe(true)
    const next = `&starting_after=${body.data[1].id}`
    const last = await api('GET', `/v1/payments?customer_email=MIXED.case%40example.com${next}`)
    expect(last.body.data.map(({ id }: { id: string }) => id)).toEqual([newestFirst[2]])
  })

  test('by a bulk cancellation, whose dry run counts the same payments', async () => {
    const { test: api } = await createMerchant(fixture)
    const { id } = await createPayment(api, { customer_email: 'Customer@Example.com' })
    const other = await createPayment(api, { customer_email: 'customer1@example.com' })
    const filter = { customer_email: 'CUSTOMER@example.com' }
    const dry = await api('POST', '/v1/cancellations', { body: { filter, dry_run: true } })
    expect(dry.body).toMatchObject({ total: 1, canceled: 1 })
    const { body } = await api('POST', '/v1/cancellations', { body: { filter } })
    const done = await until('the bulk cancel is done', async () => {
      const now = await api('GET', `/v1/cancellations/${body.id}`)
      return now.body.status === 'completed' && now.body
    })
    expect(done).toMatchObject({ total: 1, canceled: 1, filter })
    expect((await api('GET', `/v1/payments/${id}`)).body.status).toBe('canceled')
    expect((await api('GET', `/v1/payments/${other.id}`)).body.status).toBe('pending')
  })

  test('with an index, among many payments', async () => {
    const { api, sql, owner } = fixture
    await insertPayments(sql, {
      owner,
      count: size({ quick: 2_000, all: 20_000 }),
      email: 'one-of-many@example.com',
    })
    const [wanted] = await insertPayments(sql, {
      owner,
      count: 1,
      email: 'Needle@Example.com',
      ageMs: 7_200_000,
    })
    await sql.query('analyze payments')
    const readSoFar = async () => {
      const counts = await onAllNodes(
        sql,
        `select jsonb_build_object('scans', sum(idx_scan), 'rows', sum(idx_tup_read))::text as value
         from pg_stat_user_indexes where indexrelname ~ '^payments_folded_email(_[0-9]+)?$'`,
      )
      const ofNodes = counts.map((text) => JSON.parse(text))
      const sum = (name: 'scans' | 'rows') => ofNodes.reduce((all, one) => all + one[name], 0)
      return { scans: sum('scans'), rows: sum('rows') }
    }
    const before = await readSoFar()
    expect(await idsBy(api, 'nEEDLE@example.com')).toEqual([wanted])
    const filter = { customer_email: 'NEEDLE@example.com' }
    const dry = await api('POST', '/v1/cancellations', { body: { filter, dry_run: true } })
    expect(dry.body.total).toBe(1)
    const after = await until('PostgreSQL has counted both look-ups', async () => {
      const now = await readSoFar()
      return now.scans >= before.scans + 2 && now
    })
    expect(after.rows - before.rows).toBeLessThan(100)
  })
})

// In Turkish, the lower case of I is ı. ICU changes its case folding from version to version.
test('a database with a Turkish locale finds the same addresses', async () => {
  const adminUrl = inject('postgresAdminUrl')
  const admin = new pg.Client({ connectionString: adminUrl })
  await admin.connect()
  const name = `test_turkish_${process.pid}`
  await admin.query(
    `create database ${name} template template0 encoding 'UTF8' locale_provider icu icu_locale 'tr-TR' locale 'C'`,
  )
  const url = new URL(adminUrl)
  url.pathname = `/${name}`
  const database = connect({ url: url.href, onError: () => undefined })
  await migrate(database)
  await database.close()
  const server = await serveApp({ databaseUrl: url.href, keys: firstKeys })
  try {
    const api = apiClient(server.url, firstKeys.secretKey)
    const { id } = await createPayment(api, { customer_email: 'IRIS.Inci@example.com' })
    for (const email of [
      'iris.inci@example.com',
      'IRIS.INCI@EXAMPLE.COM',
      'Iris.inci@example.com',
    ]) {
      expect(await idsBy(api, email), email).toEqual([id])
    }
    for (const email of ['ırıs.ıncı@example.com', 'İRİS.İNCİ@example.com']) {
      expect(await idsBy(api, email), email).toEqual([])
    }
  } finally {
    await server.close()
    await admin.query(`drop database if exists ${name} with (force)`)
    await admin.end()
  }
})
