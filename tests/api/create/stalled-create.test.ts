import { expect, test } from 'vitest'
import { insertPayments } from '../../support/databases/sql.ts'
import { type Api, createPayment } from '../../support/http/api.ts'
import { withMerchant } from '../../support/servers/merchant.ts'
import { createMerchant } from '../../support/servers/servers.ts'

const fixture = withMerchant()

const idsOf = async (api: Api, query = ''): Promise<string[]> => {
  const { status, body } = await api('GET', `/v1/payments${query}`)
  expect(status, JSON.stringify(body)).toBe(200)
  return body.data.map(({ id }: { id: string }) => id)
}

/** Begins to create a payment as a server does, on a connection that then stalls. */
async function stall(merchantId: string) {
  const [like] = await insertPayments(fixture.sql, {
    owner: { merchant_id: merchantId, livemode: false },
    count: 1,
    ageMs: 3_600_000,
  })
  const client = await fixture.sql.connect()
  await client.query('begin')
  const { rows: claims } = await client.query(
    `select 'pay_' || hedge_claim_time('payment', $1, false) || '00000000000000' as id`,
    [merchantId],
  )
  const { rows } = await client.query(
    `insert into payments
     select (json_populate_record(p, json_build_object('id', $2::text))).*
     from payments p where merchant_id = $3 and id = $1 returning id`,
    [like, claims[0].id, merchantId],
  )
  const end = async () => {
    await client.query('commit')
    client.release()
  }
  return { id: rows[0].id as string, like: like as string, end }
}

test('a list shows payments behind a stalled create once the create has ended, and misses none', async () => {
  const { id: merchantId, test: api } = await createMerchant(fixture)
  const stalled = await stall(merchantId)
  const later = await createPayment(api)
  expect(await idsOf(api)).toEqual([stalled.like])
  expect(await idsOf(api, `?ending_before=${stalled.like}`)).toEqual([])
  expect((await api('GET', `/v1/payments/${later.id}`)).status).toBe(200)
  await stalled.end()
  expect(await idsOf(api, `?ending_before=${stalled.like}`)).toEqual([later.id, stalled.id])
})

test('a list waits for a create in flight, and then shows the payments created since', async () => {
  const { id: merchantId, test: api } = await createMerchant(fixture)
  const stalled = await stall(merchantId)
  const later = await createPayment(api)
  const listed = idsOf(api)
  await stalled.end()
  expect(await listed).toEqual([later.id, stalled.id, stalled.like])
})

test('a stalled create delays no list of another merchant or of other objects', async () => {
  const { id: merchantId, test: api } = await createMerchant(fixture)
  const stalled = await stall(merchantId)
  const other = await createMerchant(fixture)
  const { id } = await createPayment(other.test)
  expect(await idsOf(other.test)).toEqual([id])
  const key = await api('POST', '/v1/auth/api-keys', { body: {} })
  const { body } = await api('GET', '/v1/auth/api-keys')
  expect(body.data[0].id).toBe(key.body.id)
  await stalled.end()
})

test('an idle open transaction of another session delays no list', async () => {
  const { test: api } = await createMerchant(fixture)
  const client = await fixture.sql.connect()
  // Like a dump, and like an operator who leaves a change uncommitted.
  await client.query('begin isolation level repeatable read')
  await client.query('select count(*) from payments')
  await client.query('update retention_tasks set due_at = due_at')
  const { id } = await createPayment(api)
  expect(await idsOf(api)).toEqual([id])
  await client.query('rollback')
  client.release()
})

test('payments created after one whose id is ahead of the clock still follow it in lists', async () => {
  const { id: merchantId, test: api } = await createMerchant(fixture)
  const [ahead] = await insertPayments(fixture.sql, {
    owner: { merchant_id: merchantId, livemode: false },
    count: 1,
    ageMs: -3_600_000,
  })
  const made = [await createPayment(api), await createPayment(api), await createPayment(api)]
  const newestFirst = made.map(({ id }) => id).reverse()
  expect(await idsOf(api, `?ending_before=${ahead}`)).toEqual(newestFirst)
  expect(await idsOf(api)).toEqual([...newestFirst, ahead])
})
