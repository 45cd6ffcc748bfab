import { expect, test } from 'vitest'
import { type Api, type ApiAnswer, apiClient } from '../../support/http/api.ts'
import { withMerchant } from '../../support/servers/merchant.ts'
import { createLiveMerchant } from '../../support/servers/servers.ts'
import { until } from '../../support/until.ts'

const fixture = withMerchant()

test('a live key gets 100 requests per minute, then 429 with the wait; other keys are not affected', async () => {
  const { live, test: own } = await createLiveMerchant(fixture)
  const answers: ApiAnswer[] = []
  // A new minute may begin and reset the counters, so only the answers of the newest minute are checked.
  while (answers.length < 450) {
    answers.push(await live('GET', '/v1/payments?limit=1'))
    const reset = answers.at(-1)?.headers.get('x-ratelimit-reset')
    if (answers.filter(({ headers }) => headers.get('x-ratelimit-reset') === reset).length > 110)
      break
  }
  const reset = answers.at(-1)?.headers.get('x-ratelimit-reset')
  const minute = answers.filter(({ headers }) => headers.get('x-ratelimit-reset') === reset)
  const left = minute.map(({ headers }) => Number(headers.get('x-ratelimit-remaining')))
  expect(left.slice(0, 100)).toEqual(Array.from({ length: 100 }, (_, i) => 99 - i))
  expect(minute.slice(0, 100).every(({ status }) => status === 200)).toBe(true)
  for (const { status, body, headers } of minute.slice(100)) {
    expect([status, body.error.code]).toEqual([429, 'rate_limit_exceeded'])
    expect(headers.get('x-ratelimit-limit')).toBe('100')
    const wait = Number(headers.get('retry-after'))
    expect(wait).toBe(body.error.details.retry_after)
    expect(wait).toBeGreaterThanOrEqual(1)
    expect(wait).toBeLessThanOrEqual(60)
  }
  const ofTestMode = await own('GET', '/v1/payments')
  expect(ofTestMode.status).toBe(200)
  expect(Number(ofTestMode.headers.get('x-ratelimit-limit'))).toBeGreaterThanOrEqual(1_000_000)
})

test('two servers together admit what one would, except for requests not yet exchanged between them', async () => {
  const { sql, servers } = fixture
  const { id, liveKey } = await createLiveMerchant(fixture)
  const clients = servers.map((server) => apiClient(server.url, liveKey))
  const rounds = 60
  const perRound = 10
  const admitted = new Map<string, number>()
  const refusedBy = new Map<string, Set<Api>>()
  let window = ''
  for (let round = 0; round < rounds; round++) {
    const client = clients[round % clients.length] as Api
    for (let i = 0; i < perRound; i++) {
      const { status, headers } = await client('GET', '/v1/payments?limit=1')
      window = headers.get('x-ratelimit-reset') ?? ''
      if (status === 200) admitted.set(window, (admitted.get(window) ?? 0) + 1)
      else refusedBy.set(window, (refusedBy.get(window) ?? new Set()).add(client))
    }
    if (refusedBy.get(window)?.size === clients.length) break
    // A minute that begins in between resets the counters here as well.
    const inWindow = admitted.get(window) ?? 0
    if (inWindow < 20 || inWindow > 100) continue
    await until('both servers know the admitted requests', async () => {
      const rows = await sql.query(
        `select from rate_counts c join api_keys k on k.id = c.caller
         where k.merchant_id = $1 and (c.count >= $2 or c.window_start >= $3::bigint)`,
        [id, Math.min(100, inWindow), Number(window)],
      )
      return rows.length > 0
    })
  }
  expect(refusedBy.get(window)?.size, 'both refuse in one minute').toBe(clients.length)
  expect(admitted.get(window)).toBeGreaterThanOrEqual(100)
  // The difference: a fiftieth of the limit that each server may keep to itself, and one round of each.
  expect(admitted.get(window)).toBeLessThanOrEqual(100 + 2 * (2 + perRound))
})

test('a key can be given a lower limit than the key that creates it, never a higher one', async () => {
  const { live } = await createLiveMerchant(fixture)
  const url = fixture.servers[0]?.url ?? ''
  const make = (body: object) => live('POST', '/v1/auth/api-keys', { body })
  const { body: low } = await make({ requests_per_minute: 5 })
  expect(low.requests_per_minute).toBe(5)
  const client = apiClient(url, low.secret_key)
  const first = await client('GET', '/v1/payments')
  expect(first.headers.get('x-ratelimit-limit')).toBe('5')
  expect((await make({})).body.requests_per_minute).toBe(100)
  const refused = await make({ requests_per_minute: 101 })
  expect([refused.status, refused.body.error.details.field]).toEqual([400, 'requests_per_minute'])
  const below = await client('POST', '/v1/auth/api-keys')
  expect(below.body.requests_per_minute).toBe(5)
})
