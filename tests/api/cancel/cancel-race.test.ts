import { describe, expect, test } from 'vitest'
import { onAllNodes } from '../../support/databases/nodes.ts'
import {
  countWaiting,
  insertPayments,
  lockPayments,
  lockRows,
  movePayment,
  sendToWait,
} from '../../support/databases/sql.ts'
import { type Api, type ApiOptions, createPayment } from '../../support/http/api.ts'
import { withServers } from '../../support/servers/servers.ts'
import { size } from '../../support/size.ts'
import { until } from '../../support/until.ts'

const fixture = withServers(2)

const cancel = (api: Api, id: string, options: ApiOptions = {}) =>
  api('POST', `/v1/payments/${id}/cancel`, options)

async function eventsOf(id: string): Promise<[sequence: number, type: string][]> {
  const rows = await fixture.sql.query(
    'select sequence, type from events where subject_id = $1 order by position',
    [id],
  )
  return rows.map((row) => [row.sequence, row.type])
}

async function expectNoDeadlock(): Promise<void> {
  // Sessions report their statistics when they become idle, and these have just answered.
  const counts = await onAllNodes(
    fixture.sql,
    `select deadlocks::integer as value from pg_stat_database where datname = current_database()`,
  )
  expect(new Set(counts)).toEqual(new Set(['0']))
}

describe('cancels of one payment on two processes', () => {
  test('of many concurrent cancels one gets 200, and all others 412 with the status canceled', async () => {
    const { id } = await createPayment(fixture.api)
    const count = size({ quick: 40, all: 1_000 })
    const answers = await Promise.all(
      Array.from({ length: count }, (_, i) => cancel(fixture.apis[i % 2] as Api, id)),
    )
    const refused = answers.filter(({ status }) => status === 412)
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(refused).toHaveLength(count - 1)
    for (const { body } of refused) expect(body.error.details.current_status).toBe('canceled')
    expect(await eventsOf(id)).toEqual([
      [1, 'payment.created'],
      [2, 'payment.canceled'],
    ])
  })

  test('a cancel that loses to processing reports the status processing, not the one that it read first', async () => {
    const { id } = await createPayment(fixture.api)
    const rival = await fixture.sql.connect()
    try {
      await rival.query('begin')
      await movePayment(rival, { id, to: 'initiated' })
      await movePayment(rival, { id, to: 'processing' })
      const running = fixture.apis.map((api) => cancel(api, id))
      await until('both cancels wait for the rival', async () => {
        return (await countWaiting(fixture.sql)) >= 2
      })
      await rival.query('commit')
      for (const { status, body } of await Promise.all(running)) {
        expect(status).toBe(412)
        expect(body.error.details.current_status).toBe('processing')
      }
    } finally {
      rival.release()
    }
    expect(await eventsOf(id)).toHaveLength(3)
  })

  test('a payment that becomes initiated while a cancel waits is canceled from initiated', async () => {
    const { id } = await createPayment(fixture.api)
    const rival = await fixture.sql.connect()
    try {
      await rival.query('begin')
      await movePayment(rival, { id, to: 'initiated' })
      const running = fixture.apis.map((api) => cancel(api, id))
      await until('both cancels wait for the rival', async () => {
        return (await countWaiting(fixture.sql)) >= 2
      })
      await rival.query('commit')
      const answers = await Promise.all(running)
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 412])
      const refused = answers.find(({ status }) => status === 412)
      expect(refused?.body.error.details.current_status).toBe('canceled')
    } finally {
      rival.release()
    }
    expect(await eventsOf(id)).toEqual([
      [1, 'payment.created'],
      [2, 'payment.initiated'],
      [3, 'payment.canceled'],
    ])
    const [event] = await fixture.sql.query(
      'select from_status from events where subject_id = $1 and sequence = 3',
      [id],
    )
    expect(event.from_status).toBe('initiated')
  })

  test('a rival transaction that rolls back does not stop the cancel', async () => {
    const { id } = await createPayment(fixture.api)
    const rival = await fixture.sql.connect()
    try {
      await rival.query('begin')
      await movePayment(rival, { id, to: 'initiated' })
      await movePayment(rival, { id, to: 'processing' })
      const running = cancel(fixture.api, id)
      await until('the cancel waits', async () => (await countWaiting(fixture.sql)) >= 1)
      await rival.query('rollback')
      expect((await running).status).toBe(200)
    } finally {
      rival.release()
    }
  })

  test('If-Match is compared with the version after the wait, not the version when the cancel arrived', async () => {
    const [first, second] = fixture.apis
    const { id } = await createPayment(fixture.api)
    const rival = await fixture.sql.connect()
    try {
      await rival.query('begin')
      await movePayment(rival, { id, to: 'initiated' })
      const stale = cancel(first as Api, id, { headers: { 'if-match': '"1"' } })
      const fresh = cancel(second as Api, id, { headers: { 'if-match': '"2"' } })
      await until('both wait', async () => (await countWaiting(fixture.sql)) >= 2)
      await rival.query('commit')
      expect((await fresh).status).toBe(200)
      expect((await stale).status).toBe(412)
    } finally {
      rival.release()
    }
  })

  test('concurrent cancels with many keys cancel the payment once, and each key keeps its answer', async () => {
    const { id } = await createPayment(fixture.api)
    const others = [await createPayment(fixture.api), await createPayment(fixture.api)]
    const mine = Array.from({ length: 20 }, (_, n) => `many ${n}`)
    // Other payments occupy both batches in flight, so that all of these cancels wait for the same batch.
    const letGo = await lockPayments(fixture.sql)
    const before = await sendToWait(
      fixture.sql,
      others.map((payment) => () => cancel(fixture.api, payment.id)),
    )
    const running = mine.map((key) => cancel(fixture.api, id, { idempotencyKey: key }))
    await fixture.api('GET', `/v1/payments/${id}`)
    await letGo()
    await Promise.all(before)
    const answers = await Promise.all(running)
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(19).fill(412)])
    const again = await Promise.all(
      mine.map((key) => cancel(fixture.api, id, { idempotencyKey: key })),
    )
    expect(again.map(({ text }) => text)).toEqual(answers.map(({ text }) => text))
  })
})

describe('cancels of many payments at once', () => {
  test('overlapping batches of two processes and a bulk cancellation never deadlock', async () => {
    const { owner, sql } = fixture
    const count = size({ quick: 40, all: 600 })
    const ids = await insertPayments(sql, { owner, count, customerId: 'overlap' })
    const bulk = fixture.api('POST', '/v1/cancellations', { body: { payment_ids: ids } })
    // One process orders the ids up, the other down, so that batches could meet in opposite order.
    const answers = await Promise.all([
      ...ids.map((id) => cancel(fixture.apis[0] as Api, id)),
      ...ids.toReversed().map((id) => cancel(fixture.apis[1] as Api, id)),
    ])
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 412]))
    const { body } = await bulk
    await until('the bulk cancellation is done', async () => {
      const read = await fixture.api('GET', `/v1/cancellations/${body.id}`)
      return read.body.status === 'completed' && read.body
    })
    const events = await fixture.sql.query(
      `select count(*)::integer as n, count(distinct subject_id)::integer as payments
       from events where type = 'payment.canceled' and subject_id = any($1)`,
      [ids],
    )
    expect(events).toEqual([{ n: count, payments: count }])
    await expectNoDeadlock()
  })

  test('batches of two processes that name the same payments in opposite order never deadlock', async () => {
    const { apis, owner, sql } = fixture
    const shared = await insertPayments(sql, { owner, count: 3, ageMs: 200_000 })
    const early = await insertPayments(sql, { owner, count: 4, ageMs: 300_000 })
    const middle = await sql.connect()
    await middle.query('begin')
    await lockRows(middle, [shared[1]])
    const letGo = await lockPayments(sql)
    const before = await sendToWait(
      sql,
      early.map((id, i) => () => cancel(apis[i % 2] as Api, id)),
    )
    const running = apis.flatMap((api, i) =>
      (i === 0 ? shared : shared.toReversed()).map((id) => cancel(api, id)),
    )
    // This answer came after the cancels were received, so they wait in one batch by now.
    await Promise.all(apis.map((api) => api('GET', `/v1/payments/${shared[0]}`)))
    await letGo()
    await Promise.all(before)
    await until(
      'both processes wait for the locked payment',
      async () => (await countWaiting(sql)) >= 2,
    )
    await middle.query('rollback')
    middle.release()
    const statuses = (await Promise.all(running)).map(({ status }) => status)
    expect(statuses.sort()).toEqual([200, 200, 200, 412, 412, 412])
    await expectNoDeadlock()
  })

  test('every answer shows its own payment and reason', async () => {
    const { owner, sql } = fixture
    const count = size({ quick: 25, all: 300 })
    const ids = await insertPayments(sql, { owner, count, ageMs: 90_000 })
    const answers = await Promise.all(
      ids.map((id, i) =>
        fixture.api('POST', `/v1/payments/${id}/cancel`, { body: { reason: `reason ${i}` } }),
      ),
    )
    for (const [i, { status, body }] of answers.entries()) {
      expect([status, body.id, body.cancellation_reason]).toEqual([200, ids[i], `reason ${i}`])
    }
  })
})

test('the timeline shows who canceled from which status, newest first', async () => {
  const { id } = await createPayment(fixture.api)
  await fixture.api('POST', `/v1/payments/${id}/cancel`, { body: { reason: 'changed my mind' } })
  const { body } = await fixture.api('GET', `/v1/payments/${id}/events`)
  expect(body.data).toMatchObject([
    {
      type: 'payment.canceled',
      sequence: 2,
      from_status: 'pending',
      to_status: 'canceled',
      reason: 'changed my mind',
      actor: { type: 'api_key' },
      data: { id, status: 'canceled', cancelable: false, allowed_actions: [] },
    },
    { type: 'payment.created', sequence: 1, data: { id, status: 'pending', cancelable: true } },
  ])
})
