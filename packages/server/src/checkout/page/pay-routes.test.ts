import { expect, test } from 'vitest'
import { acceptanceOf } from './pay-routes.ts'

type Given = Parameters<typeof acceptanceOf>[0]

const request = (ip: string, ...rawHeaders: string[]) =>
  ({
    ip,
    raw: { headers: {}, rawHeaders },
    socket: { remoteAddress: '10.0.0.5' },
  }) as unknown as Given

test('a mandate is accepted at the address that a trusted proxy reports, by the browser that sends it', () => {
  const browser = 'Mozilla/5.0 (X11; Linux x86_64)'
  expect(acceptanceOf(request('203.0.113.7', 'User-Agent', browser))).toEqual({
    ipAddress: '203.0.113.7',
    userAgent: browser,
  })
})

test('an acceptance has an address and a short user agent, whatever is sent', () => {
  expect(acceptanceOf(request('<script>'))).toEqual({
    ipAddress: '10.0.0.5',
    userAgent: 'unknown',
  })
  const { userAgent } = acceptanceOf(request('::1', 'user-agent', 'x'.repeat(10_000)))
  expect(userAgent).toHaveLength(500)
})
