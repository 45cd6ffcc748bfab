import { expect, test } from 'vitest'
import type { ApiAnswer } from '../support/api.ts'
import { createMerchant, withServers } from '../support/servers.ts'

const fixture = withServers(1)

test('a live key gets 100 requests a minute, then 429 with the wait; other keys are not touched', async () => {
  const { live, test: own } = await createMerchant(fixture)
  const answers: ApiAnswer[] = []
  // A new minute may begin meanwhile and count anew: the last 201 of the same minute are looked at.
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
  expect((await own('GET', '/v1/payments')).status).toBe(200)
})
