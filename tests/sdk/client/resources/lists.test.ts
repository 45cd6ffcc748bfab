import { describe, expect, test } from 'vitest'
import { InvalidArgumentError, type Payment } from '../../../../packages/node/src/index.ts'
import { type Reply, refusal, startWire } from '../wire.ts'

function page(ids: string[], hasMore: boolean, more: { next_cursor?: string } = {}): Reply {
  const data = ids.map((id) => ({ id, object: 'payment' }))
  return { body: { object: 'list', data, has_more: hasMore, url: '/v1/payments', ...more } }
}

async function idsOf(items: AsyncIterable<Payment>): Promise<string[]> {
  const ids: string[] = []
  for await (const item of items) ids.push(item.id)
  return ids
}

describe('a list', () => {
  test('iterates over all pages, each requested after the last item of the page before', async () => {
    const wire = await startWire(page(['c', 'b'], true), page(['a'], true), page(['0'], false))
    const list = wire.client().payments.list({ limit: 2, status: ['pending', 'initiated'] })
    expect(await idsOf(list)).toEqual(['c', 'b', 'a', '0'])
    expect(wire.requests.map((request) => request.url)).toEqual([
      '/v1/payments?limit=2&status=pending&status=initiated',
      '/v1/payments?limit=2&status=pending&status=initiated&starting_after=b',
      '/v1/payments?limit=2&status=pending&status=initiated&starting_after=a',
    ])
  })

  test('goes on where a page has ended early, also a page without items', async () => {
    const wire = await startWire(
      page(['f'], true, { next_cursor: 'd' }),
      page([], true, { next_cursor: 'b' }),
      page(['a'], false),
    )
    expect(await idsOf(wire.client().payments.list({ status: ['failed'] }))).toEqual(['f', 'a'])
    expect(wire.requests.slice(1).map((request) => request.url)).toEqual([
      '/v1/payments?status=failed&starting_after=d',
      '/v1/payments?status=failed&starting_after=b',
    ])
  })

  test('iterates backwards with ending_before, oldest first', async () => {
    const wire = await startWire(page(['c', 'b'], true), page(['e', 'd'], false))
    const list = wire.client().payments.list({ ending_before: 'a' })
    expect(await idsOf(list)).toEqual(['b', 'c', 'd', 'e'])
    expect(wire.requests[1]?.url).toBe('/v1/payments?ending_before=c')
  })

  test('awaited is its first page, which can fetch the next', async () => {
    const wire = await startWire(page(['b'], true), page(['a'], false))
    const first = await wire.client().payments.list()
    expect(first).toMatchObject({ object: 'list', has_more: true, url: '/v1/payments' })
    const second = await first.nextPage()
    expect(second?.data.map((item) => item.id)).toEqual(['a'])
    expect(await second?.nextPage()).toBeNull()
    expect(wire.requests).toHaveLength(2)
  })

  test('requests no page that the loop does not reach', async () => {
    const wire = await startWire(page(['b'], true))
    for await (const _payment of wire.client().payments.list()) break
    expect(wire.requests).toHaveLength(1)
  })

  test('ends at an empty page, whatever its has_more', async () => {
    const wire = await startWire(page([], true))
    expect(await idsOf(wire.client().payments.list())).toEqual([])
  })

  test('fails at a later page like any call, and sends its options for each page', async () => {
    const wire = await startWire(page(['b'], true), refusal(401, 'unauthorized'))
    const list = wire.client().payments.list({}, { headers: { 'x-trace': 't' } })
    await expect(idsOf(list)).rejects.toMatchObject({ code: 'unauthorized' })
    expect(wire.requests[1]?.headers['x-trace']).toBe('t')
  })

  test('returns the HTTP answer on request', async () => {
    const wire = await startWire(page(['a'], false))
    const { data, response } = await wire.client().payments.list().withResponse()
    expect(data.data).toHaveLength(1)
    expect(response.status).toBe(200)
  })

  test('of results continues after the payment id', async () => {
    const result = { object: 'cancellation_result', payment_id: 'pay_1', outcome: 'canceled' }
    const list = { object: 'list', url: '/' }
    const wire = await startWire(
      { body: { ...list, data: [result], has_more: true } },
      { body: { ...list, data: [], has_more: false } },
    )
    const results = wire.client().cancellations.results('can_1', { outcome: 'canceled' })
    for await (const item of results) expect(item.outcome).toBe('canceled')
    expect(wire.requests[1]?.url).toBe(
      '/v1/cancellations/can_1/results?outcome=canceled&starting_after=pay_1',
    )
  })
})

describe('a filter', () => {
  test('is encoded as the API expects', async () => {
    const wire = await startWire(page([], false))
    await wire.client().payments.list({
      status: 'pending',
      customer_email: 'a+b@example.com',
      created_at: { gte: new Date('2024-06-15T10:30:00Z'), lt: '2024-07-01T00:00:00Z' },
      metadata: { 'order id': 'a&b', 'x[y]': '' },
      customer_id: undefined,
    })
    const query = new URL(wire.requests[0]?.url ?? '', wire.url).searchParams
    expect([...query]).toEqual([
      ['status', 'pending'],
      ['customer_email', 'a+b@example.com'],
      ['created_at[gte]', '2024-06-15T10:30:00Z'],
      ['created_at[lt]', '2024-07-01T00:00:00Z'],
      ['metadata[order id]', 'a&b'],
      ['metadata[x[y]]', ''],
    ])
  })

  test('with an empty list is refused, because it would match everything', async () => {
    const wire = await startWire()
    const call = wire.client().payments.list({ status: [] })
    await expect(call).rejects.toBeInstanceOf(InvalidArgumentError)
    expect(wire.requests).toHaveLength(0)
  })
})
