import { beforeAll, describe, expect, test } from 'vitest'
import { insertPayments, movePayment } from '../../support/databases/sql.ts'
import { createPayment, paymentBody } from '../../support/http/api.ts'
import { withMerchant } from '../../support/servers/merchant.ts'
import { size } from '../../support/size.ts'

const fixture = withMerchant()
let oldest: string[]

const list = async (query: string) => {
  const { status, body } = await fixture.api('GET', `/v1/payments?${query}`)
  expect(status, JSON.stringify(body)).toBe(200)
  return { ids: body.data.map(({ id }: { id: string }) => id) as string[], body }
}

const count = size({ quick: 2_000, all: 10_000 })

beforeAll(async () => {
  oldest = await insertPayments(fixture.sql, {
    owner: fixture.owner,
    count,
    ageMs: 3_600_000,
    email: 'many@example.com',
  })
})

describe('paging', () => {
  test(`by starting_after returns all ${count} payments without gaps or repeats while others are created`, async () => {
    const seen: string[] = []
    const created: string[] = []
    let cursor = ''
    for (let more = true; more; ) {
      const { ids, body } = await list(`limit=100${cursor}`)
      seen.push(...ids)
      more = body.has_more
      cursor = `&starting_after=${ids.at(-1)}`
      if (seen.length % (count / 10) === 0) created.push((await createPayment(fixture.api)).id)
    }
    expect(new Set(seen).size).toBe(seen.length)
    expect(created.length).toBeGreaterThan(5)
    expect(seen.filter((id) => !created.includes(id))).toEqual(oldest.toReversed())
  })

  test('by ending_before returns the same payments in the same order', async () => {
    const pages: string[][] = []
    let cursor = oldest.at(0)
    for (let page = 0; page < 5; page++) {
      const { ids, body } = await list(`limit=100&ending_before=${cursor}`)
      expect(body.has_more).toBe(true)
      pages.unshift(ids)
      cursor = ids[0]
    }
    expect(pages.flat()).toEqual(oldest.slice(1, 501).toReversed())
  })

  test('ends with has_more: false at the very last item, in both directions', async () => {
    const last = await list(`limit=1&starting_after=${oldest[1]}`)
    expect([last.ids, last.body.has_more]).toEqual([[oldest[0]], false])
    const before = await list(
      `customer_email=many@example.com&limit=2&ending_before=${oldest.at(-3)}`,
    )
    expect(before.ids).toEqual([oldest.at(-1), oldest.at(-2)])
    expect(before.body.has_more).toBe(false)
    const none = await list(`starting_after=${oldest[0]}`)
    expect([none.ids, none.body.has_more]).toEqual([[], false])
  })

  test('returns ten items by default', async () => {
    expect((await list('')).ids).toHaveLength(10)
  })
})

describe('a list is filtered', () => {
  test('by one or several statuses', async () => {
    const { id } = await createPayment(fixture.api, { customer_id: 'statuses' })
    const { id: other } = await createPayment(fixture.api, { customer_id: 'statuses' })
    const { id: third } = await createPayment(fixture.api, { customer_id: 'statuses' })
    await fixture.api('POST', `/v1/payments/${id}/cancel`)
    const client = await fixture.sql.connect()
    await movePayment(client, { id: other, to: 'initiated' })
    client.release()
    const by = async (query: string) => (await list(`customer_id=statuses&${query}`)).ids
    expect(await by('status=canceled')).toEqual([id])
    expect(await by('status=canceled&status=initiated')).toEqual([other, id])
    expect(await by('status[]=pending&status[]=initiated')).toEqual([third, other])
    expect(await by('status=pending,initiated')).toEqual([third, other])
    expect(await by('status=succeeded')).toEqual([])
  })

  test('by e-mail in any case, and by exact customer id and metadata', async () => {
    const metadata = { order: 'A-1', 'with space': 'ü & = ?' }
    const { id } = await createPayment(fixture.api, {
      customer_email: 'One+tag@example.com',
      customer_id: 'cust 1',
      metadata,
    })
    await createPayment(fixture.api, { customer_id: 'cust', metadata: { order: 'A-2' } })
    const by = async (query: Record<string, string>) =>
      (await list(new URLSearchParams(query).toString())).ids
    expect(await by({ customer_email: 'One+tag@example.com' })).toEqual([id])
    expect(await by({ customer_email: 'one+tag@example.com' })).toEqual([id])
    expect(await by({ customer_email: 'one@example.com' })).toEqual([])
    expect(await by({ customer_id: 'cust 1' })).toEqual([id])
    expect(await by({ 'metadata[order]': 'A-1' })).toEqual([id])
    expect(await by({ 'metadata[order]': 'A-1', 'metadata[with space]': 'ü & = ?' })).toEqual([id])
    expect(await by({ 'metadata[order]': 'A-1', 'metadata[with space]': 'x' })).toEqual([])
    expect(await by({ 'metadata[order]': "A-1' or true --" })).toEqual([])
  })

  test.each(['7', '0', '__proto__', 'constructor', 'a]', 'a[b]', '[', 'a][b', 'a.b', '%5B', 'a+b'])(
    'by a metadata key, which must be exactly %s',
    async (key) => {
      const body = JSON.stringify(paymentBody()).replace('{', `{"metadata":{"${key}":"v"},`)
      const { body: made } = await fixture.api('POST', '/v1/payments', { rawBody: body })
      expect(Object.entries(made.metadata)).toEqual([[key, 'v']])
      const pairOf = (value: string) => new URLSearchParams({ [`metadata[${key}]`]: value })
      for (const name of [`metadata[${encodeURIComponent(key)}]`, `${pairOf('')}`.slice(0, -1)]) {
        expect((await list(`${name}=v`)).ids, name).toContain(made.id)
        expect((await list(`${name}=w`)).ids, name).toEqual([])
      }
    },
  )

  test('by one status or several, in either notation of a list', async () => {
    const customer = 'customer_email=lists%40example.com'
    const { id } = await createPayment(fixture.api, { customer_email: 'lists@example.com' })
    for (const lists of [
      ['status[]=pending', 'status[]=canceled'],
      ['status[0]=pending', 'status[1]=canceled'],
      ['status%5B0%5D=pending', 'status%5B1%5D=canceled'],
      ['status=pending', 'status=canceled'],
      ['status=pending,canceled'],
      ['status[]=pending'],
    ]) {
      expect((await list([customer, ...lists].join('&'))).ids, lists.join('&')).toEqual([id])
    }
    expect((await list(`${customer}&status[]=canceled`)).ids).toEqual([])
  })

  test('by creation time, with bounds that have fractions of a second', async () => {
    const at = Date.now() - 7_200_000
    const timestamp = (ms: number) => new Date(Math.floor(at / 1000) * 1000 + ms).toISOString()
    const [id] = await insertPayments(fixture.sql, {
      owner: fixture.owner,
      count: 1,
      ageMs: Date.now() - Date.parse(timestamp(0)),
      email: 'timestamp@example.com',
    })
    const by = async (bound: string, ms: number) =>
      (await list(`customer_email=timestamp@example.com&created_at[${bound}]=${timestamp(ms)}`)).ids
    expect(await by('gte', 0)).toEqual([id])
    expect(await by('gt', 0)).toEqual([])
    expect(await by('lte', 0)).toEqual([id])
    expect(await by('lt', 0)).toEqual([])
    expect(await by('gte', 1)).toEqual([])
    expect(await by('gt', -1)).toEqual([id])
    expect(await by('lt', 1)).toEqual([id])
    expect(await by('lte', -1)).toEqual([])
    expect(await by('lte', 999)).toEqual([id])
  })
})
