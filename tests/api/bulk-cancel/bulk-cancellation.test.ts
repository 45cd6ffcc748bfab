import { describe, expect, test } from 'vitest'
import { countWaiting, insertPayments, lockRows, movePayment } from '../../support/databases/sql.ts'
import { createPayment } from '../../support/http/api.ts'
import { createMerchant, withServers } from '../../support/servers/servers.ts'
import { size } from '../../support/size.ts'
import { until } from '../../support/until.ts'

const fixture = withServers(size({ quick: 1, all: 2 }))

async function start(body: object) {
  const answer = await fixture.api('POST', '/v1/cancellations', { body })
  expect(answer.status, answer.text).toBe(201)
  return answer.body
}

const read = async (id: string) => (await fixture.api('GET', `/v1/cancellations/${id}`)).body

const finished = (id: string) =>
  until(`cancellation ${id} is done`, async () => {
    const body = await read(id)
    return body.status === 'completed' && body
  })

async function results(
  id: string,
  query = '',
): Promise<[id: string, outcome: string, status: string][]> {
  const found: [string, string, string][] = []
  let cursor = ''
  for (let more = true; more; ) {
    const path = `/v1/cancellations/${id}/results?limit=1000${query}${cursor}`
    const { body } = await fixture.api('GET', path)
    for (const result of body.data) {
      found.push([result.payment_id, result.outcome, result.current_status])
    }
    more = body.has_more
    cursor = `&starting_after=${found.at(-1)?.[0]}`
  }
  return found
}

const statusesOf = async (ids: string[]) =>
  (await fixture.sql.query('select distinct status from payments where id = any($1)', [ids])).map(
    ({ status }) => status,
  )

describe('a bulk cancellation by ids', () => {
  test('has one result for each id: canceled, refused, or not found for an unknown or foreign payment', async () => {
    const { owner, sql } = fixture
    const other = await createMerchant(fixture)
    const [foreign] = await insertPayments(sql, {
      owner: { merchant_id: other.id, livemode: false },
      count: 1,
    })
    const [live] = await insertPayments(sql, { owner: { ...owner, livemode: true }, count: 1 })
    const good = await insertPayments(sql, { owner, count: 3, ageMs: 80_000 })
    const [done] = await insertPayments(sql, {
      owner,
      count: 1,
      ageMs: 90_000,
      status: 'succeeded',
    })
    const ids = [...good, done, foreign, live, 'pay_unknown', 'no id at all ü', good[0]] as string[]
    const { id, total } = await start({ payment_ids: ids, reason: 'recalled' })
    expect(total).toBe(8)
    expect(await finished(id)).toMatchObject({
      processed: 8,
      canceled: 3,
      refused: 1,
      not_found: 4,
    })
    const expected = new Map<string, [string, string, string | null]>(
      ids.map((paymentId) => [paymentId, [paymentId, 'not_found', null]]),
    )
    for (const paymentId of good) expected.set(paymentId, [paymentId, 'canceled', 'canceled'])
    expected.set(done as string, [done as string, 'refused', 'succeeded'])
    const got = await results(id)
    expect(got).toHaveLength(8)
    for (const result of got) expect(result).toEqual(expected.get(result[0]))
    expect(await results(id, '&outcome=refused')).toEqual([[done, 'refused', 'succeeded']])
    const { body } = await fixture.api('GET', `/v1/payments/${good[0]}`)
    expect(body.cancellation_reason).toBe('recalled')
    expect(await statusesOf([foreign, live] as string[])).toEqual(['pending'])
    expect((await other.test('GET', `/v1/cancellations/${id}`)).status).toBe(404)
    expect((await other.test('POST', `/v1/cancellations/${id}/pause`)).status).toBe(404)
  })

  test.each([
    ['neither ids nor a filter', {}],
    ['both ids and a filter', { payment_ids: ['pay_a'], filter: {} }],
    ['no ids', { payment_ids: [] }],
    ['an id that is not a text', { payment_ids: [1] }],
    ['an id with NUL', { payment_ids: ['pay_\0'] }],
    ['too many ids', { payment_ids: Array(100_001).fill('pay_a') }],
    ['an unknown filter', { filter: { amounts: 1 } }],
    ['an unknown status', { filter: { status: ['done'] } }],
    ['a status that is not a list', { filter: { status: 'pending' } }],
    ['a time that does not exist', { filter: { created_at: { gte: '2016-12-31T23:59:60Z' } } }],
    ['a long reason', { payment_ids: ['pay_a'], reason: 'x'.repeat(501) }],
    ['a dry_run that is not a boolean', { payment_ids: ['pay_a'], dry_run: 'yes' }],
  ])('is refused for %s', async (_, body) => {
    const answer = await fixture.api('POST', '/v1/cancellations', { body })
    expect([answer.status, answer.body.error.code]).toEqual([400, 'invalid_request'])
  })
})

describe('a bulk cancellation by filter', () => {
  test('cancels thousands of payments while single cancels are answered', async () => {
    const { owner, sql } = fixture
    const count = size({ quick: 2_000, all: 10_000 })
    const ids = await insertPayments(sql, { owner, count, customerId: 'thousands' })
    const bystander = await createPayment(fixture.api)
    const { id } = await start({ filter: { customer_id: 'thousands' }, reason: 'all' })
    const singles = ids.toReversed().slice(0, 20)
    const answers = await Promise.all(
      singles.map((single) => fixture.api('POST', `/v1/payments/${single}/cancel`)),
    )
    for (const { status } of answers) expect([200, 412]).toContain(status)
    const mine = await createPayment(fixture.api)
    expect((await fixture.api('POST', `/v1/payments/${mine.id}/cancel`)).status).toBe(200)
    const done = await finished(id)
    expect(done.canceled + done.refused).toBe(done.total)
    expect(done.total).toBeGreaterThanOrEqual(count - singles.length)
    expect(await statusesOf(ids)).toEqual(['canceled'])
    expect((await fixture.api('GET', `/v1/payments/${bystander.id}`)).body.status).toBe('pending')
    expect((await results(id)).map(([paymentId]) => paymentId)).toHaveLength(done.total)
  })

  test('cancels only the payments that match every condition', async () => {
    const { owner, sql } = fixture
    const base = { owner, count: 2, customerId: 'filters', ageMs: 600_000 }
    const match = await insertPayments(sql, { ...base, metadata: { batch: 'b1', x: 'y' } })
    const initiated = await insertPayments(sql, {
      ...base,
      ageMs: 600_500,
      metadata: { batch: 'b1' },
    })
    const client = await sql.connect()
    for (const id of initiated) await movePayment(client, { id, to: 'initiated' })
    client.release()
    const others = [
      ...(await insertPayments(sql, { ...base, ageMs: 601_000, metadata: { batch: 'b2' } })),
      ...(await insertPayments(sql, { ...base, ageMs: 60_000, metadata: { batch: 'b1' } })),
      ...(await insertPayments(sql, {
        ...base,
        customerId: 'x',
        ageMs: 602_000,
        metadata: { batch: 'b1' },
      })),
    ]
    const filter = {
      customer_id: 'filters',
      metadata: { batch: 'b1' },
      created_at: { lt: new Date(Date.now() - 300_000).toISOString() },
    }
    const only = await start({ filter: { ...filter, status: ['initiated'] } })
    expect(await finished(only.id)).toMatchObject({ total: 2, canceled: 2 })
    expect(await statusesOf(initiated)).toEqual(['canceled'])
    expect(await statusesOf(match)).toEqual(['pending'])
    const rest = await start({ filter })
    expect(await finished(rest.id)).toMatchObject({ total: 2, canceled: 2, refused: 0 })
    expect(await statusesOf(match)).toEqual(['canceled'])
    expect(await statusesOf(others)).toEqual(['pending'])
  })

  test('does not cancel a payment created after the answer', async () => {
    for (let round = 0; round < 5; round++) {
      const customer = `later ${round}`
      const first = await createPayment(fixture.api, { customer_id: customer })
      // The servers are idle. A worker selects payments at its next poll, later than the create below.
      const { id } = await start({ filter: { customer_id: customer } })
      const later = await createPayment(fixture.api, { customer_id: customer })
      await finished(id)
      expect(await statusesOf([first.id])).toEqual(['canceled'])
      expect(await statusesOf([later.id])).toEqual(['pending'])
    }
  })
})

test('a dry run counts the matching payments and cancels nothing', async () => {
  const { owner, sql } = fixture
  const ids = await insertPayments(sql, { owner, count: 7, customerId: 'dry' })
  await insertPayments(sql, {
    owner,
    count: 2,
    customerId: 'dry',
    status: 'succeeded',
    ageMs: 99_000,
  })
  const counts = { status: 'completed', dry_run: true, total: 7, canceled: 7, refused: 0 }
  expect(await start({ filter: { customer_id: 'dry' }, dry_run: true })).toMatchObject(counts)
  const all = { customer_id: 'dry', status: ['pending', 'succeeded'] }
  expect(await start({ filter: all, dry_run: true })).toMatchObject({
    total: 9,
    canceled: 7,
    refused: 2,
  })
  const byIds = await start({ payment_ids: [...ids, 'pay_unknown'], dry_run: true })
  expect(byIds).toMatchObject({ total: 8, canceled: 7, not_found: 1 })
  expect(await statusesOf(ids)).toEqual(['pending'])
})

/**
 * Pauses a cancellation of thousands before it is done: another transaction has locked its first payment
 * until the pause has its answer. A step waits for this payment, and the pause does not wait for the step.
 */
async function pauseInTime(count: number) {
  const customerId = 'paused'
  const payments = await insertPayments(fixture.sql, { owner: fixture.owner, count, customerId })
  const rival = await fixture.sql.connect()
  await rival.query('begin')
  await lockRows(rival, [payments[0]])
  const { id } = await start({ filter: { customer_id: customerId } })
  await until('a step waits for the payment', async () => (await countWaiting(fixture.sql)) === 1)
  let isAnswered = false
  const pausing = fixture.api('POST', `/v1/cancellations/${id}/pause`).finally(() => {
    isAnswered = true
  })
  const hasWaited = await until('the pause is answered or waits', async () => {
    const waiting = await countWaiting(fixture.sql)
    return waiting > 1 ? 'waited' : isAnswered && 'did not wait'
  })
  await rival.query('rollback')
  rival.release()
  expect(hasWaited).toBe('did not wait')
  return { id, paused: (await pausing).body }
}

test('a paused bulk cancellation makes no progress until it is resumed, and a completed one stays completed', async () => {
  const { owner, sql } = fixture
  const count = size({ quick: 2_000, all: 5_000 })
  const { id, paused } = await pauseInTime(count)
  expect(paused.status).toBe('paused')
  // Another bulk cancellation completes first, so the worker has had its turn and has skipped the paused one.
  const [other] = await insertPayments(sql, { owner, count: 1, ageMs: 77_000 })
  await finished((await start({ payment_ids: [other] })).id)
  expect(await read(id)).toEqual(paused)
  const [open] = await sql.query(
    `select count(*)::integer as count from payments where customer_id = 'paused' and status = 'pending'`,
  )
  expect(open.count).toBe(count - paused.canceled)
  const resumed = await fixture.api('POST', `/v1/cancellations/${id}/resume`)
  expect(resumed.body.status).toBe('running')
  const done = await finished(id)
  expect(done).toMatchObject({ total: count, canceled: count })
  for (const action of ['pause', 'resume']) {
    const answer = await fixture.api('POST', `/v1/cancellations/${id}/${action}`)
    expect([answer.status, answer.body]).toEqual([200, done])
  }
})

test('the processor voids the authorizations of payments that a bulk cancellation has canceled', async () => {
  const { api, sql } = fixture
  const body = { cancel_window: 3_600, initiate: true, payment_method_token: 'tok_visa' }
  const ids = await Promise.all(
    Array.from({ length: 3 }, async () => (await createPayment(api, body)).id as string),
  )
  const { id } = await start({ payment_ids: ids })
  await finished(id)
  expect(await statusesOf(ids)).toEqual(['canceled'])
  await until('the authorizations are voided', async () => {
    const rows = await sql.query(
      `select from sandbox_payments where payment_id = any($1) and status = 'voided'`,
      [ids],
    )
    return rows.length === ids.length
  })
})
