import type { PaymentFilter } from '@hedgepayments/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createCancellationWorker } from '../../../packages/server/src/cancellations/run/worker.ts'
import { createLog } from '../../../packages/server/src/wiring/log.ts'
import { brokenInvariants } from '../../support/databases/invariants.ts'
import { changeTriggers } from '../../support/databases/nodes.ts'
import { insertPayments, type Owner } from '../../support/databases/sql.ts'
import { type Api, apiClient, createPayment } from '../../support/http/api.ts'
import { type OwnApp, startOwnApp } from '../../support/servers/own-app.ts'

// The steps of the worker are made one by one, so a test can look between them.

let own: OwnApp

beforeAll(async () => {
  own = await startOwnApp({})
})

afterAll(() => own?.close())

/** A process's worker, as it is after a start. */
const startWorker = () => createCancellationWorker(own.database.db, createLog('silent'))

interface Merchant {
  readonly api: Api
  readonly owner: Owner
}

let merchants = 0

async function newMerchant(): Promise<Merchant> {
  const { body } = await own.api('POST', '/v1/merchants', { body: { name: `M ${++merchants}` } })
  const api = apiClient(own.url, body.api_keys[0].secret_key)
  return { api, owner: { merchant_id: body.id, livemode: false } }
}

async function start({ api }: Merchant, filter: PaymentFilter): Promise<string> {
  const answer = await api('POST', '/v1/cancellations', { body: { filter } })
  expect(answer.status, answer.text).toBe(201)
  return answer.body.id
}

const read = async ({ api }: Merchant, id: string) =>
  (await api('GET', `/v1/cancellations/${id}`)).body

/** Steps until a cancellation is completed, each by the worker of a new process. */
async function stepsOf(merchant: Merchant, id: string): Promise<number> {
  for (let steps = 1; steps <= 100; steps++) {
    await startWorker().step()
    if ((await read(merchant, id)).status === 'completed') return steps
  }
  throw new Error('not completed after 100 steps')
}

/** Index entries that the first selecting step of a process reads. */
const partSize = 5_000
const daysAgo = (days: number) => days * 86_400_000

test('a selection saves its place after each part, also where no payment matches', async () => {
  const merchant = await newMerchant()
  const { owner } = merchant
  const metadata = { batch: 'recalled' }
  await insertPayments(own.sql, { owner, count: 1, ageMs: 90_000, metadata })
  await insertPayments(own.sql, { owner, count: 2 * partSize, ageMs: 80_000 })
  await insertPayments(own.sql, { owner, count: 2, ageMs: 70_000, metadata })
  const id = await start(merchant, { metadata })
  // Three parts of 5,000, and one set to cancel. No process has to do more than one step.
  expect(await stepsOf(merchant, id)).toBe(4)
  expect(await read(merchant, id)).toMatchObject({ total: 3, canceled: 3, refused: 0 })
})

test('a selection costs as much as the open payments, the customer or the days that it is about', async () => {
  const merchant = await newMerchant()
  const { owner } = merchant
  const count = partSize + 100
  const metadata = { batch: 'b' }
  await insertPayments(own.sql, { owner, count, status: 'failed', ageMs: 90_000 })
  await insertPayments(own.sql, { owner, count, ageMs: daysAgo(20), customerId: 'many' })
  const open = await insertPayments(own.sql, { owner, count: 3, ageMs: 80_000, metadata })
  await insertPayments(own.sql, { owner, count: 4, ageMs: 70_000, customerId: 'few' })
  const since = new Date(Date.now() - daysAgo(10)).toISOString()
  const recent = await start(merchant, { metadata, created_at: { gte: since } })
  expect(await stepsOf(merchant, recent)).toBe(2)
  expect(await read(merchant, recent)).toMatchObject({ total: open.length, canceled: open.length })
  const few = await start(merchant, { customer_id: 'few', status: ['failed', 'pending'] })
  expect(await stepsOf(merchant, few)).toBe(2)
  expect(await read(merchant, few)).toMatchObject({ total: 4, canceled: 4 })
})

test('with a test clock, a filter by time selects the payments that a list by time shows', async () => {
  const { api, owner } = await newMerchant()
  const before = await createPayment(api)
  const { body: clock } = await api('POST', '/v1/test/clock/advance', {
    body: { seconds: 40 * 86_400 },
  })
  expect(clock).toMatchObject({ object: 'test_clock' })
  const after = await createPayment(api)
  const created_at = { gte: new Date(Date.parse(after.created_at) - daysAgo(1)).toISOString() }
  const id = await start({ api, owner }, { created_at })
  await stepsOf({ api, owner }, id)
  expect(await read({ api, owner }, id)).toMatchObject({ total: 1, canceled: 1 })
  expect((await api('GET', `/v1/payments/${after.id}`)).body.status).toBe('canceled')
  expect((await api('GET', `/v1/payments/${before.id}`)).body.status).toBe('pending')
})

test('a dry run counts the payments that a list with the same filter shows', async () => {
  const { api, owner } = await newMerchant()
  const metadata = { batch: 'x' }
  const base = { owner, customerId: 'one', email: 'Some@Example.com' }
  await insertPayments(own.sql, { ...base, count: 5, ageMs: daysAgo(30), metadata })
  await insertPayments(own.sql, { ...base, count: 4, ageMs: daysAgo(3), status: 'succeeded' })
  await insertPayments(own.sql, { ...base, count: 3, ageMs: daysAgo(2), status: 'initiated' })
  await insertPayments(own.sql, { owner, count: 2, ageMs: daysAgo(1), status: 'processing' })
  await insertPayments(own.sql, { owner, count: 1, ageMs: 5_000, metadata })
  const at = (days: number) => new Date(Date.now() - daysAgo(days)).toISOString()
  const open = ['pending', 'initiated']
  const all = [...open, 'processing', 'succeeded', 'failed', 'canceled']
  const filters: [object, string][] = [
    [{ status: open }, 'status=pending,initiated'],
    [{ status: all }, `status=${all}`],
    [{ status: ['processing'] }, 'status=processing'],
    [{ status: ['succeeded'] }, 'status=succeeded'],
    [{ status: open, customer_id: 'one' }, 'status=pending,initiated&customer_id=one'],
    [{ status: all, customer_email: 'some@example.COM' }, 'customer_email=some@example.com'],
    [{ status: all, amount: 9999 }, 'amount=9999'],
    [{ status: open, metadata }, 'status=pending,initiated&metadata[batch]=x'],
    [{ status: all, last4: '4242' }, 'last4=4242'],
    [{ status: all, checkout_session_id: 'cs_none' }, 'checkout_session_id=cs_none'],
    [{ status: all, needs_attention: true }, 'needs_attention=true'],
    [{ status: all, needs_attention: false }, 'needs_attention=false'],
    [{ status: all, created_at: { gte: at(3.5) } }, `created_at[gte]=${at(3.5)}`],
    [{ status: all, created_at: { lt: at(2.5) } }, `created_at[lt]=${at(2.5)}`],
    [
      { status: all, created_at: { gt: at(3.5), lte: at(1.5) } },
      `created_at[gt]=${at(3.5)}&created_at[lte]=${at(1.5)}`,
    ],
    [{ status: all, created_at: { gte: '0001-01-01T00:00:00Z' } }, ''],
  ]
  for (const [filter, query] of filters) {
    const list = await api('GET', `/v1/payments?limit=100&${query}`)
    expect(list.status, list.text).toBe(200)
    const { body } = await api('POST', '/v1/cancellations', { body: { filter, dry_run: true } })
    expect(body, query).toMatchObject({ status: 'completed', total: list.body.data.length })
  }
})

test('small bulk cancellations complete beside a large one, of the same or another merchant', async () => {
  const [mine, other] = [await newMerchant(), await newMerchant()]
  const count = 4 * partSize
  await insertPayments(own.sql, { owner: mine.owner, count, customerId: 'large' })
  const large = await start(mine, { customer_id: 'large' })
  const worker = startWorker()
  await worker.step()
  await insertPayments(own.sql, { owner: mine.owner, count: 3, ageMs: 90_000, customerId: 'small' })
  const mySmall = await start(mine, { customer_id: 'small' })
  await insertPayments(own.sql, { owner: other.owner, count: 3, customerId: 'small' })
  const othersSmall = await start(other, { customer_id: 'small' })
  // The other merchant has every second turn, and so have the two cancellations of one merchant.
  for (let steps = 0; steps < 4; steps++) await worker.step()
  expect(await read(other, othersSmall)).toMatchObject({ status: 'completed', canceled: 3 })
  for (let steps = 0; steps < 4; steps++) await worker.step()
  expect(await read(mine, mySmall)).toMatchObject({ status: 'completed', canceled: 3 })
  expect((await read(mine, large)).status).toBe('running')
  expect(await stepsOf(mine, large)).toBeGreaterThan(1)
  expect(await read(mine, large)).toMatchObject({ canceled: count, refused: 0 })
})

/** Whatever cancels more payments than this in one statement fails, as by a timeout on a very slow disk. */
const setMax = 20

test('a bulk cancellation that times out goes to the end of the queue, and completes in smaller steps', async () => {
  const [mine, other] = [await newMerchant(), await newMerchant()]
  const count = 60
  await insertPayments(own.sql, { owner: mine.owner, count, customerId: 'slow' })
  await insertPayments(own.sql, { owner: other.owner, count: 3, customerId: 'quick' })
  const slow = await start(mine, { customer_id: 'slow' })
  await changeTriggers(
    own.sql,
    `create function time_out() returns trigger language plpgsql as $$ begin
      if (select count(*) from changed) > ${setMax} then
        raise exception 'canceling statement due to statement timeout' using errcode = '57014';
      end if;
      return null;
    end $$`,
    `create trigger slow after update on payments referencing new table as changed
      for each statement execute function time_out()`,
  )
  const worker = startWorker()
  expect([await worker.step(), await worker.step()]).toEqual([true, true])
  // The second step has failed. Another cancellation has the next turn, although it is newer.
  const quick = await start(other, { customer_id: 'quick' })
  expect([await worker.step(), await worker.step()]).toEqual([true, true])
  expect((await read(other, quick)).status).toBe('completed')
  expect(await read(mine, slow)).toMatchObject({ status: 'running', processed: 0 })
  for (let steps = 0; (await read(mine, slow)).status !== 'completed'; steps++) {
    expect(steps).toBeLessThan(20)
    await own.sql.query('update cancellations set retry_at = now() where retry_at > now()')
    await worker.step()
  }
  await changeTriggers(own.sql, 'drop trigger slow on payments')
  expect(await read(mine, slow)).toMatchObject({ total: count, canceled: count })
})

test('after these tests every payment was canceled at most once', async () => {
  const broken = await brokenInvariants(own.sql, { isAtRest: false })
  expect(
    broken['a payment is canceled at most once, and its status never changes afterwards'],
  ).toBe(undefined)
})
