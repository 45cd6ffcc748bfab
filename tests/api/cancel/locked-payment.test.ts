import { afterEach, expect, test } from 'vitest'
import { onAllNodes } from '../../support/databases/nodes.ts'
import { lockRows } from '../../support/databases/sql.ts'
import { createPayment } from '../../support/http/api.ts'
import { withServers } from '../../support/servers/servers.ts'
import { size } from '../../support/size.ts'
import { until } from '../../support/until.ts'

// A session that locks a payment's row and stalls (a process frozen or cut off inside a
// transaction, an operator with `select … for update`) delays the requests for that payment, and no
// others.

const fixture = withServers(1)

const locks: (() => Promise<void>)[] = []

/** Locks a payment's row until `letGo` is called. */
async function lock(id: string): Promise<void> {
  const client = await fixture.sql.connect()
  locks.push(async () => {
    await client.query('rollback')
    client.release()
  })
  await client.query('begin')
  await lockRows(client, [id])
}

async function release(): Promise<void> {
  for (const end of locks.splice(0)) await end()
}

afterEach(release)

test('locked payments do not delay cancels of other payments, and are canceled once they are unlocked', async () => {
  const { api } = fixture
  const create = (count: number) =>
    Promise.all(Array.from({ length: count }, () => createPayment(api)))
  // More requests than there are statements in flight.
  const locked = await create(4)
  const others = await create(8)
  for (const { id } of locked) await lock(id)
  const answered: number[] = []
  const waiting = [...locked, ...locked].map(async ({ id }) => {
    const { status } = await api('POST', `/v1/payments/${id}/cancel`)
    answered.push(status)
  })
  // All at once: on a busy machine, one after another could take longer than the locked ones wait.
  const free = await Promise.all(others.map(({ id }) => api('POST', `/v1/payments/${id}/cancel`)))
  expect(new Set(free.map(({ status }) => status))).toEqual(new Set([200]))
  expect(answered).toEqual([])
  await release()
  await Promise.all(waiting)
  expect(answered.sort()).toEqual([200, 200, 200, 200, 412, 412, 412, 412])
})

test('a request that times out on a locked payment gets 503 and changes nothing', async () => {
  const { api } = fixture
  const headers = { 'idempotency-key': 'locked' }
  const locked = await createPayment(api)
  await lock(locked.id)
  // A reversal waits for two locks in turn, so it takes twice as long.
  const verbs = size({ quick: ['cancel', 'refund'], all: ['cancel', 'reverse', 'refund'] })
  const refused = await Promise.all(
    verbs.map((verb) =>
      api('POST', `/v1/payments/${locked.id}/${verb}`, verb === 'cancel' ? { headers } : {}),
    ),
  )
  for (const { status, body, headers } of refused) {
    expect(status).toBe(503)
    expect(body.error.code).toBe('service_unavailable')
    expect(body.error.message).toMatch(/ is locked\. Try again: nothing was done\.$/)
    expect(headers.get('retry-after')).toBe('1')
  }
  await release()
  const { body } = await api('GET', `/v1/payments/${locked.id}`)
  expect(body.status).toBe('pending')
  const again = await api('POST', `/v1/payments/${locked.id}/cancel`, { headers })
  expect(again.status).toBe(200)
  expect(again.headers.get('idempotent-replayed')).toBeNull()
})

test('requests that wait for another request on their payment only read while they wait', async () => {
  const { api, sql } = fixture
  // Claims of a key that are rolled back count as well.
  const claims = async () => {
    const counts = await onAllNodes(
      sql,
      `select sum(n_tup_ins)::integer as value from pg_stat_user_tables
       where relname ~ '^idempotency_records(_[0-9]+)?$'`,
    )
    return counts.reduce((sum, count) => sum + Number(count), 0)
  }
  const payment = await createPayment(api, { cancel_window: 3600 })
  const before = await claims()
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      api('POST', `/v1/payments/${payment.id}/initiate`, {
        body: { payment_method_token: 'tok_slow' },
        idempotencyKey: `waits ${n}`,
      }),
    ),
  )
  expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(19).fill(412)])
  const made = await until('the claims are counted', async () => {
    const counted = (await claims()) - before
    return counted >= 20 && counted
  })
  // A waiting request claims its key twice: when it arrives, and when the lock is released.
  expect(made).toBeLessThanOrEqual(2 * 20)
})
