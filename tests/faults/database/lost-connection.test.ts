import { expect, test } from 'vitest'
import {
  countWaiting,
  insertPayments,
  lockPayments,
  lockRows,
  openSql,
  sendToWait,
} from '../../support/databases/sql.ts'
import { apiClient, createPayment, paymentBody, untilAdmitted } from '../../support/http/api.ts'
import { migratedAdminUrl } from '../../support/servers/server.ts'
import { withServers } from '../../support/servers/servers.ts'
import { until } from '../../support/until.ts'

const fixture = withServers(1)

const cancel = (id: string, idempotencyKey?: string) =>
  fixture.api('POST', `/v1/payments/${id}/cancel`, idempotencyKey ? { idempotencyKey } : {})

const terminateAll = () =>
  fixture.sql.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and application_name = 'hedge'`,
  )

async function statusesOf(ids: string[]): Promise<string[]> {
  const rows = await fixture.sql.query('select status from payments where id = any($1)', [ids])
  return rows.map(({ status }) => status)
}

test('a cancel whose connection is lost gets 503, changes nothing, and succeeds with the same key', async () => {
  const ids = await insertPayments(fixture.sql, { owner: fixture.owner, count: 50 })
  const rival = await fixture.sql.connect()
  const running = await (async () => {
    try {
      await rival.query('begin')
      // The statement waits for this row. It is the last one, so the other rows are locked before.
      await lockRows(rival, [ids.at(-1)])
      const first = cancel(ids.at(-1) ?? '', 'key of 49')
      await until('the first waits', async () => (await countWaiting(fixture.sql)) >= 1)
      const rest = ids.slice(0, -1).map((id, i) => cancel(id, `key of ${i}`))
      const others = await Promise.all(rest)
      expect(new Set(others.map(({ status }) => status))).toEqual(new Set([200]))
      await terminateAll()
      return await first
    } finally {
      await rival.query('rollback')
      rival.release()
    }
  })()
  expect([running.status, running.body.error.code]).toEqual([503, 'service_unavailable'])
  expect(running.headers.get('retry-after')).toBe('1')
  expect(await statusesOf([ids.at(-1) ?? ''])).toEqual(['pending'])
  // Another connection of the pool may have ended too, so that one more request gets 503.
  const again = await untilAdmitted(() => cancel(ids.at(-1) ?? '', 'key of 49'))
  expect(again.status).toBe(200)
})

test('a batch whose connection is lost changes nothing, and each cancel succeeds when repeated', async () => {
  const ids = await insertPayments(fixture.sql, { owner: fixture.owner, count: 40, ageMs: 90_000 })
  const letGo = await lockPayments(fixture.sql)
  const first = await sendToWait(
    fixture.sql,
    ids.slice(0, 2).map((id, i) => () => cancel(id, `batch ${i}`)),
  )
  // While these cancels wait, all others gather in one batch.
  const running = ids.slice(2).map((id, i) => cancel(id, `batch ${i + 2}`))
  await fixture.api('GET', '/v1/payments?limit=1')
  await terminateAll()
  await Promise.all(first)
  await until('the next batch waits', async () => (await countWaiting(fixture.sql)) >= 1)
  await terminateAll()
  const answers = await Promise.all([...first, ...running])
  expect(answers.map(({ status }) => status)).toEqual(Array(40).fill(503))
  expect(new Set(await statusesOf(ids))).toEqual(new Set(['pending']))
  await letGo()
  // Another connection of the pool may have ended too, so that one more batch gets 503.
  const repeat = (id: string, i: number) => untilAdmitted(() => cancel(id, `batch ${i}`))
  const again = await Promise.all(ids.map(repeat))
  expect(new Set(again.map(({ status }) => status))).toEqual(new Set([200]))
  const [events] = await fixture.sql.query(
    `select count(*)::integer as n from events where type = 'payment.canceled' and subject_id = any($1)`,
    [ids],
  )
  expect(events.n).toBe(40)
})

test('requests whose connections are lost in transactions fail, and the process continues', async () => {
  const rival = await fixture.sql.connect()
  const keys = Array.from({ length: 8 }, (_, i) => `create ${i}`)
  const cancelByKey = (key: string) =>
    fixture.api('POST', '/v1/payments/cancel', { body: { idempotency_key: key } })
  try {
    const ids: string[] = []
    for (const idempotencyKey of keys) {
      // The server may still have connections of its pool that the tests before have ended.
      const request = { body: paymentBody(), idempotencyKey }
      const { body } = await untilAdmitted(() => fixture.api('POST', '/v1/payments', request))
      ids.push(body.id)
    }
    await rival.query('begin')
    await lockRows(rival, ids)
    const running = keys.map(cancelByKey)
    await until('all wait', async () => (await countWaiting(fixture.sql)) >= keys.length)
    await terminateAll()
    const answers = await Promise.all(running)
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]))
  } finally {
    await rival.query('rollback')
    rival.release()
  }
  const again = await Promise.all(keys.map((key) => untilAdmitted(() => cancelByKey(key))))
  expect(new Set(again.map(({ status }) => status))).toEqual(new Set([200]))
  expect(fixture.servers[0]?.child.exitCode).toBeNull()
})

test('a create and a read get 503 without the database, and work when it is back', async () => {
  const [database] = await fixture.sql.query('select current_database() as name')
  const unknownKey = apiClient(fixture.servers[0]?.url ?? '', 'sk_test_nobody_has_this_one')
  const admin = openSql(migratedAdminUrl())
  try {
    await admin.query(`alter database ${database.name} with allow_connections false`)
    await admin.query(`select pg_terminate_backend(pid) from pg_stat_activity where datname = $1`, [
      database.name,
    ])
    const answers = [
      await fixture.api('GET', '/v1/payments'),
      await fixture.api('POST', '/v1/payments', {
        body: { amount: 9999, currency: 'USD', customer_email: 'customer@example.com' },
      }),
      await cancel('pay_abc123xyz'),
      // The key of this request is looked up before its route is found.
      await unknownKey('POST', '/v1/payments/%zz/cancel'),
      await unknownKey('GET', '/v1/payments'),
      // The processor sends its message again.
      await unknownKey('POST', '/v1/processors/stripe/webhook/merch_abc123xyz/test', { body: {} }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([503, 503, 503, 503, 503, 503])
    const ready = await fixture.api('GET', '/readyz')
    expect(ready.status).toBe(503)
    expect((await fixture.api('GET', '/healthz')).status).toBe(200)
  } finally {
    await admin.query(`alter database ${database.name} with allow_connections true`)
    await admin.close()
  }
  await until('it is ready again', async () => (await fixture.api('GET', '/readyz')).status === 200)
  const { id } = await createPayment(fixture.api)
  expect((await cancel(id)).status).toBe(200)
})
