import { describe, expect, test } from 'vitest'
import { type Api, createPayment } from '../support/http/api.ts'
import { eventTypes, untilStatus } from '../support/payments/paid.ts'
import { advance, attempts, initiate, movements } from '../support/payments/sandbox.ts'
import { createLiveMerchant, createMerchant, withServers } from '../support/servers/servers.ts'
import { until } from '../support/until.ts'

// A task says when a worker should check a payment. Whether the payment takes a step is decided by the
// payment itself: a task that comes too early, or in the wrong status, must move no money.

const fixture = withServers(1)

/** A merchant for each test, so that no test moves the clock of another: they run at the same time. */
const openShop = async () => (await createMerchant(fixture)).test

const retrieve = async (shop: Api, id: string) => (await shop('GET', `/v1/payments/${id}`)).body

/**
 * Makes a task of a payment due now, and waits until a worker has carried it out: the task is gone,
 * was released until later, or was claimed once more after the lease of the first claim had ended.
 * The lease of `process` and `expire` is ended early. One loop of the only server claims and carries
 * out both kinds, so its next claim follows the end of the work.
 */
async function carryOut(id: string, kind: string): Promise<void> {
  const { sql } = fixture
  const [planned] = await sql.query<{ lease: string | null }>(
    `insert into payment_tasks as t (merchant_id, livemode, payment_id, kind, due_at)
     select merchant_id, livemode, id, $2, now() - interval '1 minute' from payments where id = $1
     on conflict (merchant_id, livemode, payment_id, kind) do update set due_at = excluded.due_at
     returning t.lease`,
    [id, kind],
  )
  const claims = new Set<string>()
  await until(`${kind} of ${id} is carried out`, async () => {
    const [task] = await sql.query<{ lease: string | null; is_later: boolean }>(
      `select lease, due_at > now() as is_later
       from payment_tasks where payment_id = $1 and kind = $2`,
      [id, kind],
    )
    if (!task || (task.lease === null && task.is_later)) return true
    if (task.lease !== null && task.lease !== planned?.lease && !claims.has(task.lease)) {
      claims.add(task.lease)
      if (kind === 'process' || kind === 'expire') {
        await sql.query(
          `update payment_tasks set leased_until = now() - interval '1 s'
           where payment_id = $1 and kind = $2 and lease = $3`,
          [id, kind, task.lease],
        )
      }
    }
    return claims.size >= 2
  })
}

/** The tasks of a payment. A task's version changes whenever its row does, also by a claim. */
async function openTasks(id: string): Promise<{ kind: string; version: string }[]> {
  return await fixture.sql.query(
    `select kind, xmin || ' ' || ctid as version
     from payment_tasks where payment_id = $1 order by kind`,
    [id],
  )
}

describe.concurrent('a task that comes at the wrong time', () => {
  test('does not process, capture or void a payment in its undo window', async () => {
    const shop = await openShop()
    const { body } = await initiate(shop, 'tok_visa', { cancel_window: 3_600 })
    await Promise.all(['process', 'expire'].map((kind) => carryOut(body.id, kind)))
    for (const kind of ['capture', 'void']) await carryOut(body.id, kind)
    expect(await retrieve(shop, body.id)).toEqual(body)
    expect(await movements(fixture.sql, body.id)).toEqual(['authorize'])
    expect(await attempts(shop, body.id)).toEqual(['authorize authorized'])
    const canceled = await shop('POST', `/v1/payments/${body.id}/cancel`)
    expect([canceled.status, canceled.body.status]).toEqual([200, 'canceled'])
  })

  test('does not expire, process, capture or void a payment that is still to be paid', async () => {
    const shop = await openShop()
    const payment = await createPayment(shop)
    await Promise.all(['process', 'expire'].map((kind) => carryOut(payment.id, kind)))
    for (const kind of ['capture', 'void']) await carryOut(payment.id, kind)
    expect(await retrieve(shop, payment.id)).toEqual(payment)
    expect(await movements(fixture.sql, payment.id)).toEqual([])
    const { body } = await shop('POST', `/v1/payments/${payment.id}/initiate`, {
      body: { payment_method_token: 'tok_visa' },
    })
    expect(body.status).toBe('initiated')
  })

  test('does not process or capture a payment that was canceled', async () => {
    const shop = await openShop()
    const { body } = await initiate(shop, 'tok_visa', { cancel_window: 3_600 })
    const canceled = await shop('POST', `/v1/payments/${body.id}/cancel`)
    await until('it is voided', async () =>
      (await movements(fixture.sql, body.id)).includes('void'),
    )
    await advance(shop, 3_602)
    for (const kind of ['process', 'capture', 'expire']) await carryOut(body.id, kind)
    expect(await retrieve(shop, body.id)).toEqual(canceled.body)
    expect(await movements(fixture.sql, body.id)).toEqual(['authorize', 'void'])
    // The tasks have ended. They have not failed, to be tried again.
    expect(await openTasks(body.id)).toEqual([])
  })
})

test.concurrent('a payment is planned to be processed when its undo window ends, and not before', async () => {
  const shop = await openShop()
  for (const window of [1_800, 604_800]) {
    const { body } = await initiate(shop, 'tok_visa', { cancel_window: window })
    const [task] = await fixture.sql.query<{ due_at: Date }>(
      `select due_at from payment_tasks where payment_id = $1 and kind = 'process'`,
      [body.id],
    )
    expect(task?.due_at.toISOString()).toBe(body.cancelable_until.replace('Z', '.000Z'))
    const planned = await openTasks(body.id)
    const { body: later } = await initiate(shop, 'tok_visa')
    await untilStatus(shop, later.id, 'succeeded')
    expect(await openTasks(body.id)).toEqual(planned)
  }
})

test.concurrent('the test clock moves no payment of live mode, not even one whose task comes early', async () => {
  const { test: shop, live } = await createLiveMerchant(fixture)
  const payment = await createPayment(live)
  const planned = await openTasks(payment.id)
  expect(planned.map(({ kind }) => kind)).toEqual(['expire'])
  const expired = await createPayment(shop)
  await advance(shop, 7_200)
  await untilStatus(shop, expired.id, 'canceled')
  expect(await openTasks(payment.id)).toEqual(planned)
  await carryOut(payment.id, 'expire')
  expect((await live('GET', `/v1/payments/${payment.id}`)).body).toEqual(payment)
})

test.concurrent('a payment that was submitted does not expire, however long its undo window is', async () => {
  const shop = await openShop()
  const { body } = await initiate(shop, 'tok_visa', { cancel_window: 604_800 })
  await advance(shop, 7_200)
  await carryOut(body.id, 'expire')
  expect(await retrieve(shop, body.id)).toEqual(body)
  expect(await eventTypes(shop, body.id)).toEqual(['payment.created', 'payment.initiated'])
})
