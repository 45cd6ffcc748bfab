import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { apiClient } from '../support/api.ts'
import { type OwnApp, startOwnApp } from '../support/own-app.ts'

let own: OwnApp

beforeAll(async () => {
  own = await startOwnApp({})
  // Always the same minute: in the next one everybody is counted anew.
  const nowMs = Date.now()
  vi.spyOn(Date, 'now').mockImplementation(() => nowMs)
})

afterAll(async () => {
  vi.restoreAllMocks()
  await own?.close()
})

const path = '/v1/payments?limit=1'

/** Bad keys that cost no look-up, until the address has had as many as it may in this minute. */
async function flood(url: string): Promise<void> {
  const atOnce = 100
  for (;;) {
    const answers = await Promise.all(
      Array.from({ length: atOnce }, async () => {
        const answer = await fetch(`${url}${path}`, { headers: { authorization: 'none' } })
        await answer.arrayBuffer()
        return answer.status
      }),
    )
    if (answers.every((status) => status === 429)) return
  }
}

test('whoever tried too many keys is refused without asking the database; keys that are known go on', async () => {
  const { url, api, sql } = own
  const { body: key } = await api('POST', '/v1/auth/api-keys', { body: {} })
  const bad = apiClient(url, 'sk_test_that_nobody_was_ever_given')
  const unseen = apiClient(url, key.secret_key)
  const cookie = apiClient(url, null)
  const holder = await sql.connect()
  try {
    await flood(url)
    // Whoever asks for a key now waits for ever.
    await holder.query('begin')
    await holder.query('lock table api_keys in access exclusive mode')
    const answers = await Promise.all([
      bad('GET', path),
      unseen('GET', path),
      cookie('GET', path, {
        headers: { cookie: `hedge_session=${'x'.repeat(43)}`, 'sec-fetch-site': 'same-origin' },
      }),
    ])
    for (const { status, body, headers } of answers) {
      expect([status, body.error.code]).toEqual([429, 'rate_limit_exceeded'])
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
    }
    await holder.query('rollback')
  } finally {
    holder.release(true)
  }
  expect((await api('GET', path)).status).toBe(200)
}, 120_000)
