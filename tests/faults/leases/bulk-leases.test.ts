import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { brokenInvariants } from '../../support/databases/invariants.ts'
import { insertPayments, withoutGuards } from '../../support/databases/sql.ts'
import { apiClient, createPayment } from '../../support/http/api.ts'
import { type OwnApp, startOwnApp } from '../../support/servers/own-app.ts'
import { size } from '../../support/size.ts'
import { until } from '../../support/until.ts'
import { pauseAndTakeOver } from './pause-everywhere.ts'
import { startWork, stopWork } from './paused-work.ts'

// Like leases.test.ts, for bulk cancellations.

let app: OwnApp

beforeAll(async () => {
  app = await startOwnApp({})
})

afterEach(() => stopWork())

afterAll(() => app?.close())

test('two workers count no payment of a bulk cancellation twice', async () => {
  const { api, sql, owner } = app
  const total = 700
  let customer = 0
  const reached = await pauseAndTakeOver(app, async () => {
    const customerId = `bulk ${++customer}`
    await insertPayments(sql, { owner, count: total, customerId })
    const body = { filter: { customer_id: customerId } }
    const { body: cancellation } = await api('POST', '/v1/cancellations', { body })
    const readIt = async () => (await api('GET', `/v1/cancellations/${cancellation.id}`)).body
    return {
      ids: [cancellation.id],
      isDone: async () => (await readIt()).status === 'completed',
      check: async (paused) => {
        const counts = { total, processed: total, canceled: total, refused: 0, not_found: 0 }
        expect(await readIt(), paused).toMatchObject(counts)
        const [row] = await sql.query(
          `select count(*)::integer as canceled from events e
             join payments p on p.merchant_id = e.merchant_id and p.livemode = e.livemode
               and p.id = e.subject_id
             where p.customer_id = $1 and e.type = 'payment.canceled'`,
          [customerId],
        )
        expect(row.canceled, paused).toBe(total)
      },
    }
  })
  expect(reached).toBeGreaterThan(size({ quick: 0, all: 3 }))
})

test('a bulk cancellation cancels only payments that existed before it, of its own merchant and mode', async () => {
  const { api, sql, owner } = app
  const customerId = 'in time'
  const { body: merchant } = await api('POST', '/v1/merchants', { body: { name: 'Another' } })
  const other = apiClient(app.url, merchant.api_keys[0].secret_key)
  await insertPayments(sql, { owner, count: 2, customerId })
  const { id: foreign } = await createPayment(other, { customer_id: customerId })
  const { body: cancellation } = await api('POST', '/v1/cancellations', {
    body: { filter: { customer_id: customerId } },
  })
  // No worker runs, so no payment is selected yet.
  const { id: later } = await createPayment(api, { customer_id: customerId })
  const work = startWork(app.databaseUrl)
  const done = await until('it is completed', async () => {
    work.loop.nudge()
    const { body } = await api('GET', `/v1/cancellations/${cancellation.id}`)
    return body.status === 'completed' && body
  })
  await work.stop()
  expect(done).toMatchObject({ total: 2, canceled: 2, refused: 0, not_found: 0 })
  expect((await api('GET', `/v1/payments/${later}`)).body.status).toBe('pending')
  expect((await other('GET', `/v1/payments/${foreign}`)).body.status).toBe('pending')
})

test('a failing bulk cancellation is retried later and does not delay others', async () => {
  const { api, sql, owner } = app
  const create = async (customerId: string) => {
    await insertPayments(sql, { owner, count: 2, customerId })
    const { body } = await api('POST', '/v1/cancellations', {
      body: { filter: { customer_id: customerId } },
    })
    return body.id as string
  }
  const broken = await create('broken')
  // An existing event conflicts with the event that the step writes.
  await sql.query(
    `with found as materialized (select * from payments where customer_id = 'broken')
     insert into events (merchant_id, livemode, subject_id, sequence, type, created_at, actor_type)
     select merchant_id, livemode, id, sequence + 1, 'payment.canceled', now(), 'system' from found`,
  )
  const other = await create('other')
  const work = startWork(app.databaseUrl)
  await until('the other is done', async () => {
    work.loop.nudge()
    return (await api('GET', `/v1/cancellations/${other}`)).body.status === 'completed'
  })
  const failures = await until('the broken one has failed', async () => {
    const [row] = await sql.query(
      'select failures from cancellations where id = $1 and retry_at is not null',
      [broken],
    )
    return row?.failures
  })
  expect(failures).toBeGreaterThan(0)
  await api('POST', `/v1/cancellations/${broken}/pause`)
  await work.stop()
  await withoutGuards(
    sql,
    `delete from events e using payments p where p.customer_id = 'broken'
       and e.merchant_id = p.merchant_id and e.livemode = p.livemode and e.subject_id = p.id
       and e.sequence > p.sequence`,
  )
  const repaired = startWork(app.databaseUrl)
  await api('POST', `/v1/cancellations/${broken}/resume`)
  await until('the broken one is done as well', async () => {
    repaired.loop.nudge()
    return (await api('GET', `/v1/cancellations/${broken}`)).body.status === 'completed'
  })
  await repaired.stop()
})

test('after these tests every invariant of the payments holds', async () => {
  expect(await brokenInvariants(app.sql, { isAtRest: false })).toEqual({})
})
