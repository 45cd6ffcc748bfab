import { allOperations } from '@hedgepayments/contract'
import { describe, expect, test } from 'vitest'
import { createPayment } from '../../support/http/api.ts'
import { sendRaw } from '../../support/http/raw-http.ts'
import { withMerchant } from '../../support/servers/merchant.ts'
import { withServers } from '../../support/servers/servers.ts'

const fixture = withServers(1, { HEDGE_PUBLIC_URL: 'https://pay.example.com' })
const plain = withMerchant()

const pages = [
  '/dashboard',
  '/dashboard/payments/pay_abc',
  '/pay/pay_abc',
  '/checkout/cs_abc',
  '/docs',
  '/docs/webhooks',
  '/docs/api/payments',
]
/** The scripts and styles that a page loads. */
const linked = /(?:src|href)="(\/[^"]+\.(?:js|css|svg|png))"/g

interface Asked {
  readonly method?: string
  readonly path: string
  readonly withKey?: boolean
}

async function ask({ method = 'GET', path, withKey = false }: Asked): Promise<Response> {
  const server = fixture.servers[0]
  const response = await fetch(`${server?.url}${path}`, {
    method,
    redirect: 'manual',
    ...(withKey ? { headers: { authorization: `Bearer ${server?.secretKey}` } } : {}),
  })
  // An event stream does not end.
  if (path.endsWith('/stream') || path.endsWith('/live')) await response.body?.cancel()
  return response
}

function expectGuarded({ headers }: Pick<Response, 'headers'>, what: string): void {
  expect(headers.get('x-content-type-options'), what).toBe('nosniff')
  expect(headers.get('x-frame-options'), what).toBe('DENY')
  expect(headers.get('referrer-policy'), what).toBe('no-referrer')
  expect(headers.get('cross-origin-opener-policy'), what).toBe('same-origin')
  expect(headers.get('cross-origin-resource-policy'), what).toBe('same-origin')
  expect(headers.get('strict-transport-security'), what).toMatch(/^max-age=\d{8}/)
  const policy = headers.get('content-security-policy') ?? ''
  expect(policy, what).toMatch(/(^|; )default-src 'none'(;|$)/)
  expect(policy, what).toContain("frame-ancestors 'none'")
  expect(policy, what).not.toMatch(/unsafe-eval|https?:|\*|script-src[^;]*unsafe/)
  expect(headers.get('cache-control'), what).not.toBeNull()
  expect(headers.get('x-powered-by') ?? headers.get('server'), what).toBeNull()
}

describe('every answer has headers against scripts, framing, sniffing and caching', () => {
  test.each(allOperations.map((one) => [one.id, one] as const))('%s', async (_, operation) => {
    const path = operation.path.replaceAll(/:\w+/g, 'nothing')
    for (const withKey of [false, true]) {
      const answer = await ask({ method: operation.method, path, withKey })
      const what = `${operation.id} ${answer.status}`
      expectGuarded(answer, what)
      expect(answer.headers.get('cache-control'), what).toMatch(/no-store|no-cache, no-transform/)
    }
  })

  test.each(pages)('%s and its files', async (path) => {
    const page = await ask({ path })
    expect(page.status).toBe(200)
    expectGuarded(page, path)
    const files = [...(await page.text()).matchAll(linked)].map(([, file = '']) => file)
    expect(files.length).toBeGreaterThan(1)
    for (const file of files) {
      const answer = await ask({ path: file })
      expect(answer.status, file).toBe(200)
      expectGuarded(answer, file)
    }
  })

  test.each([
    ['/', 302],
    ['/healthz', 200],
    ['/readyz', 200],
    ['/metrics', 200],
    ['/openapi.json', 200],
    ['/nowhere', 404],
    ['/v1/nowhere', 401],
    ['/v1/payments/pay_%zz', 401],
    ['/dashboard/api/session', 200],
    ['/dashboard/api/stats', 401],
    ['/dashboard/assets/nowhere.js', 404],
    ['/dashboard/assets/%00', 404],
    ['/dashboard/assets/%2e%2e%2findex.html', 404],
    ['/pay/assets/nowhere.js', 404],
    ['/pay/assets/%00', 404],
    ['/pay/assets/%2e%2e%2findex.html', 404],
    ['/pay/api/pay_abc', 404],
    ['/pay/api/pay_abc/live', 404],
    ['/docs/', 301],
    ['/docs/nowhere', 404],
    ['/docs/assets/nowhere.js', 404],
    ['/docs/assets/..%2f..%2fpackage.json', 404],
  ])('%s, %i', async (path, status) => {
    const answer = await ask({ path })
    expect(answer.status).toBe(status)
    expectGuarded(answer, path)
  })

  test('an answer to an internal error, with a payment, and to a request that is not HTTP', async () => {
    const { id } = await createPayment(fixture.api)
    const found = await ask({ path: `/v1/payments/${id}`, withKey: true })
    expect([found.status, found.headers.get('cache-control')]).toEqual([200, 'no-store'])
    expectGuarded(found, 'a payment')
    const stranger = await ask({ path: `/pay/api/${id}` })
    expect([stranger.status, stranger.headers.get('cache-control')]).toEqual([200, 'no-store'])
    await fixture.sql.query('alter table payments rename to payments_gone')
    const failed = await ask({ path: `/v1/payments/${id}`, withKey: true })
    await fixture.sql.query('alter table payments_gone rename to payments')
    expect(failed.status).toBe(500)
    expectGuarded(failed, 'a bug')
    const raw = (await sendRaw(fixture.servers[0]?.url ?? '', 'nonsense\r\n\r\n')).toLowerCase()
    for (const line of ['x-content-type-options: nosniff', 'cache-control: no-store']) {
      expect(raw).toContain(line)
    }
  })
})

test('a server without an https address sends no Strict-Transport-Security', async () => {
  const { headers } = await fetch(`${plain.servers[0]?.url}/healthz`)
  expect(headers.get('strict-transport-security')).toBeNull()
})
