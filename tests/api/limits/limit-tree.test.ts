import { describe, expect, test } from 'vitest'
import { type Api, type ApiAnswer, apiClient } from '../../support/http/api.ts'
import { withMerchant } from '../../support/servers/merchant.ts'
import { createLiveMerchant, createMerchant } from '../../support/servers/servers.ts'

const fixture = withMerchant()
const url = () => fixture.servers[0]?.url ?? ''

const read = (api: Api) => api('GET', '/v1/payments?limit=1')
const minuteOf = ({ headers }: ApiAnswer) => headers.get('x-ratelimit-reset')
const leftOf = ({ headers }: ApiAnswer) => Number(headers.get('x-ratelimit-remaining'))

/**
 * The result of `ask` when all its requests fall into one minute, because every minute resets the
 * counters.
 */
async function inOneMinute<T extends ApiAnswer[]>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    const answers = await ask()
    if (new Set(answers.map(minuteOf)).size === 1) return answers
  }
}

/** Sends requests until one gets 429. */
async function useUp(api: Api): Promise<ApiAnswer> {
  for (;;) {
    const answer = await read(api)
    if (answer.status === 429) return answer
  }
}

/** Creates a key with `maker`. */
async function make(maker: Api, body: object = {}) {
  const { status, body: key } = await maker('POST', '/v1/auth/api-keys', { body })
  expect(status).toBe(201)
  return {
    id: key.id as string,
    secret: key.secret_key as string,
    api: apiClient(url(), key.secret_key),
  }
}

/** A key of test mode with its own limit, created by a key with a much higher one. */
async function limited(perMinute: number) {
  const { test: api } = await createMerchant(fixture)
  return await make(api, { requests_per_minute: perMinute })
}

/** Signs in at the dashboard, and sends requests as its pages do. */
async function signIn(secret: string): Promise<{ status: number; api: Api }> {
  const headers = { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' }
  const answer = await fetch(`${url()}/dashboard/api/session`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ secret_key: secret }),
  })
  await answer.arrayBuffer()
  const cookie = answer.headers.get('set-cookie')?.split(';', 1)[0] ?? ''
  const asPage = apiClient(url(), null)
  const api: Api = (method, path, options) =>
    asPage(method, path, { ...options, headers: { 'sec-fetch-site': 'same-origin', cookie } })
  return { status: answer.status, api }
}

describe('a limit of requests per minute', () => {
  test('is shared by a key and all its descendants', async () => {
    const answers = await inOneMinute(async () => {
      const root = await limited(20)
      const child = await make(root.api)
      const grandchild = await make(child.api)
      // Two of the twenty requests created keys, the second one by the first child.
      const each = [root, child, grandchild].map(({ api }) => api)
      const asked: ApiAnswer[] = []
      for (let n = 0; n < 18; n++) asked.push(await read(each[n % 3] as Api))
      for (const api of each) asked.push(await read(api))
      return asked
    })
    expect(answers.slice(0, 18).map(({ status }) => status)).toEqual(Array(18).fill(200))
    expect(answers.slice(0, 18).map(leftOf)).toEqual(Array.from({ length: 18 }, (_, n) => 17 - n))
    expect(answers.slice(18).map(({ status }) => status)).toEqual([429, 429, 429])
  })

  test('of a key also limits its descendants, and a key at its limit uses nothing of its ancestors', async () => {
    const answers = await inOneMinute(async () => {
      const root = await limited(40)
      const middle = await make(root.api, { requests_per_minute: 10 })
      const below = await make(middle.api, { requests_per_minute: 6 })
      const beside = await make(middle.api, { requests_per_minute: 6 })
      const first = await useUp(below.api)
      for (let n = 0; n < 20; n++) await read(below.api)
      const second = await useUp(beside.api)
      const third = await read(middle.api)
      const above = await read(root.api)
      return [first, second, third, above]
    })
    expect(answers.map(({ status }) => status)).toEqual([429, 429, 429, 200])
    // A refusal shows the limit that was reached: the key's own, then that of the middle key.
    expect(answers.map(({ headers }) => headers.get('x-ratelimit-limit'))).toEqual([
      '6',
      '10',
      '10',
      '40',
    ])
    // One request created the middle key, two created keys with it, eight came from those, and one now.
    expect(leftOf(answers[3] as ApiAnswer)).toBe(40 - 1 - 2 - 8 - 1)
  })

  test('is not renewed when a key creates its replacement, however often', async () => {
    const answers = await inOneMinute(async () => {
      let key = await limited(30)
      for (let n = 0; n < 15; n++) key = await make(key.api)
      return [await read(key.api)]
    })
    expect(answers.map(leftOf)).toEqual([30 - 15 - 1])
  })

  test('is not renewed by the keys of a merchant that the key creates', async () => {
    const { api } = await limited(10)
    const answers = await inOneMinute(async () => {
      const made = await api('POST', '/v1/merchants', { body: { name: 'Another' } })
      if (made.status === 429) return [made, made]
      const its = apiClient(url(), made.body.api_keys[0].secret_key)
      return [made, await useUp(its), await read(api)]
    })
    expect(answers.slice(1).map(({ status }) => status)).toContain(429)
    expect(answers.at(-1)?.status).toBe(429)
  })

  test('of a live key is not used up by test keys of a merchant that it creates', async () => {
    const { live } = await createLiveMerchant(fixture)
    const answers = await inOneMinute(async () => {
      const made = await live('POST', '/v1/merchants', { body: { name: 'Another' } })
      const [testKey] = made.body.api_keys.filter(
        ({ livemode }: { livemode: boolean }) => !livemode,
      )
      const refused = await useUp(apiClient(url(), testKey.secret_key))
      return [refused, await read(live)]
    })
    expect(answers.map(({ status }) => status)).toEqual([429, 200])
  })

  test('is inherited over at most eight levels of lower limits', async () => {
    let key = await limited(1_000)
    for (let limit = 900; limit >= 400; limit -= 100) {
      key = await make(key.api, { requests_per_minute: limit })
    }
    const lowest = await make(key.api, { requests_per_minute: 300 })
    for (const path of ['/v1/auth/api-keys', '/v1/merchants']) {
      const body = path.endsWith('merchants') ? { name: 'x' } : {}
      const refused = await lowest.api('POST', path, { body })
      expect([refused.status, refused.body.error.details.field]).toEqual([400, 'Authorization'])
    }
  })

  test('of a key is shared by its sessions at the dashboard', async () => {
    const answers = await inOneMinute(async () => {
      const key = await limited(12)
      const { api: session } = await signIn(key.secret)
      const { api: other } = await signIn(key.secret)
      const refused = await useUp(session)
      return [refused, await read(other), await read(key.api)]
    })
    expect(answers.map(({ status }) => status)).toEqual([429, 429, 429])
    expect(answers[0]?.headers.get('x-ratelimit-limit')).toBe('12')
  })

  test("includes signing in and the dashboard's requests outside of the API", async () => {
    const { api, secret } = await limited(5)
    const { api: session } = await signIn(secret)
    const statuses = await inOneMinute(async () => {
      const refused = await useUp(api)
      return [
        refused,
        await session('GET', '/dashboard/api/stats?range=24h'),
        await session('GET', '/dashboard/api/session'),
      ]
    })
    expect(statuses.map(({ status }) => status)).toEqual([429, 429, 429])
    await useUp(api)
    expect((await signIn(secret)).status).toBe(429)
  })
})

describe('a valid key', () => {
  test('leaves a bounded number of sessions and audit records, however often it signs in', async () => {
    const { id, testKey } = await createMerchant(fixture)
    const statuses: number[] = []
    for (let round = 0; round < 4; round++) {
      const answers = await Promise.all(Array.from({ length: 50 }, () => signIn(testKey)))
      statuses.push(...answers.map(({ status }) => status))
    }
    const [{ entries }] = await fixture.sql.query(
      `select count(*)::integer as entries from audit_log
       where merchant_id = $1 and action = 'dashboard.signed_in'`,
      [id],
    )
    // A busy machine opens some connections to the database too late. These sign-ins count as well.
    const busy = statuses.filter((status) => status === 503).length
    // Thirty per minute. A new minute may begin in between.
    expect(entries + busy).toBeGreaterThanOrEqual(30)
    expect(entries).toBeLessThanOrEqual(60)
    expect(statuses.filter((status) => status === 201)).toHaveLength(entries)
    expect(statuses.filter((status) => status === 429)).toHaveLength(200 - entries - busy)
  })

  test('shares a limit on sign-ins with the other keys of its merchant', async () => {
    const { id, test: api } = await createMerchant(fixture)
    const keys = await Promise.all(Array.from({ length: 10 }, () => make(api)))
    const signedIn = await Promise.all(
      keys.flatMap(({ secret }) => Array.from({ length: 15 }, () => signIn(secret))),
    )
    const refused = (status: number) => signedIn.filter((one) => one.status === status).length
    const [{ entries }] = await fixture.sql.query(
      `select count(*)::integer as entries from audit_log
       where merchant_id = $1 and action = 'dashboard.signed_in'`,
      [id],
    )
    expect(refused(429)).toBeGreaterThan(0)
    // A busy server may refuse some with 503. It has counted them.
    expect(entries + refused(503)).toBeGreaterThanOrEqual(60)
    // The sign-ins of a slow machine may reach into a second minute.
    expect(entries).toBeLessThanOrEqual(120)
  })

  test('has at most fifty sessions: a further one ends the oldest', async () => {
    const { test: api, testKey } = await createMerchant(fixture)
    const [key] = (await api('GET', '/v1/auth/api-keys')).body.data
    const { api: oldest } = await signIn(testKey)
    await fixture.sql.query(
      `update dashboard_sessions set created_at = now() - interval '1 hour' where key_id = $1`,
      [key.id],
    )
    await fixture.sql.query(
      `insert into dashboard_sessions (token_hash, key_id, created_at, expires_at)
       select sha256(n::text::bytea), $1, now() - interval '1 minute', now() + interval '1 hour'
       from generate_series(1, 49) n`,
      [key.id],
    )
    expect((await read(oldest)).status).toBe(200)
    const signedIn = await Promise.all(Array.from({ length: 10 }, () => signIn(testKey)))
    const [{ count }] = await fixture.sql.query(
      'select count(*)::integer as count from dashboard_sessions where key_id = $1',
      [key.id],
    )
    expect(count).toBe(50)
    expect((await read(oldest)).status).toBe(401)
    for (const { api: session } of signedIn) expect((await read(session)).status).toBe(200)
  })

  test('is one of at most a thousand of its merchant, however many are created at once', async () => {
    const { id, test: api } = await createMerchant(fixture)
    await fixture.sql.query(
      `insert into api_keys (id, merchant_id, livemode, publishable_key, secret_hash, secret_hint,
         scopes, requests_per_minute, created_at)
       select 'key_' || n, $1, false, 'pk_test_planted' || n, sha256(('k' || n)::bytea), 'hint',
         '{payments:read}', 1, now()
       from generate_series(1, 995) n`,
      [id],
    )
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => api('POST', '/v1/auth/api-keys', { body: {} })),
    )
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(4)
    const refused = answers.find(({ status }) => status !== 201)
    expect([refused?.status, refused?.body.error.details.field]).toEqual([400, 'api_keys'])
    const [{ id: one }] = (await api('GET', '/v1/auth/api-keys')).body.data
    expect((await api('DELETE', `/v1/auth/api-keys/${one}`)).status).toBe(200)
    expect((await api('POST', '/v1/auth/api-keys', { body: {} })).status).toBe(201)
  })
})
