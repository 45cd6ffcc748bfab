import { describe, expect, test } from 'vitest'
import { hedge, startHedge } from '../hedge.ts'
import { withCommandLine } from '../with-server.ts'

const { server, env } = withCommandLine()
const live = { HEDGE_API_SECRET: `sk_live_${'a1b2'.repeat(10)}` }

describe('a wrong URL of the server exits with 2', () => {
  test.each([
    ['/v1 at its end', () => `${server().url}/v1`, {}, 'leave it out'],
    ['plain http with a live key', () => 'http://hedge.example.com', live, 'use https://'],
  ])('%s', async (_, url, extra, says) => {
    for (const ended of [
      await hedge(['payments', 'list', '--base-url', url()], { ...env(), ...extra }),
      await hedge(['payments', 'list'], { ...env(), ...extra, HEDGE_BASE_URL: url() }),
    ]) {
      expect(ended).toMatchObject({ code: 2, stdout: '' })
      expect(ended.stderr).toContain('--base-url or HEDGE_BASE_URL')
      expect(ended.stderr).toContain(says)
    }
  })
})

test.each([
  ['HEDGE_API_SECRET', 'pk_test_a1b2c3d4'],
  ['HEDGE_API_SECRET', 'topsecret'],
  ['HEDGE_API_KEY', 'topsecret'],
])('a wrong key exits with 5: %s=%s', async (name, value) => {
  expect(await hedge(['payments', 'list'], { ...env(), [name]: value })).toMatchObject({
    code: 5,
    stdout: '',
  })
})

describe('hedge serve exits with 2', () => {
  test.each([
    [['--log-level', 'foo'], {}, /--log-level .*fatal/],
    [['--port', '99999'], {}, /--port/],
    [['--database-url', 'topsecret'], {}, /DATABASE_URL: /],
    [[], { HEDGE_FEE_FIXED: 'x' }, /HEDGE_FEE_FIXED: /],
  ])('for a wrong setting: %j %j', async (args, variables: Record<string, string>, says) => {
    const { code, stderr } = await startHedge(['serve', ...args], variables).ended
    expect(stderr).toMatch(says)
    expect(stderr).not.toContain('topsecret')
    expect(code).toBe(2)
  })
})
