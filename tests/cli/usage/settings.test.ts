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

describe('a variable that is set but empty exits with 2', () => {
  const list = ['payments', 'list']
  test.each([
    ['DATABASE_URL', ['keys', 'create', '--live']],
    ['DATABASE_URL', ['export', 'never-made']],
    ['DATABASE_URL', ['import', 'never-made']],
    ['HEDGE_DATA_DIR', ['export', 'never-made']],
    ['HEDGE_DATA_DIR', list],
    ['HEDGE_API_SECRET', list],
    ['HEDGE_API_KEY', list],
    ['HEDGE_BASE_URL', list],
    ['HEDGE_PROCESSOR_SECRET_KEY', ['processors', 'set', 'stripe']],
  ])('%s: hedge %j', async (name, args) => {
    for (const value of ['', '  ']) {
      const ended = await hedge(args, { ...env(), [name]: value })
      expect(ended).toMatchObject({ code: 2, stdout: '' })
      expect(ended.stderr).toMatch(new RegExp(`^.*${name}\\b.*\\bempty\\b.*\n$`))
    }
  })

  test('DATABASE_URL: hedge doctor fails, and does not check another database', async () => {
    const ended = await hedge(['doctor'], { ...env(), DATABASE_URL: '' })
    expect(ended.stdout).toMatch(/fail +database +DATABASE_URL is set but empty/)
    expect(ended.code).toBe(1)
  })
})

test.each(['--base-url', '--data-dir'])('an empty %s exits with 2', async (option) => {
  const ended = await hedge(['payments', 'list', option, ''], env())
  expect(ended).toMatchObject({ code: 2, stdout: '' })
  expect(ended.stderr).toContain(option)
})

describe('hedge serve exits with 2', () => {
  test.each([
    [['--log-level', 'foo'], {}, /--log-level .*fatal/],
    [['--port', '99999'], {}, /--port/],
    [['--database-url', 'topsecret'], {}, /DATABASE_URL: /],
    [[], { HEDGE_FEE_FIXED: 'x' }, /HEDGE_FEE_FIXED: /],
    [[], { DATABASE_URL: ' ' }, /DATABASE_URL: expected a value, got an empty one/],
    [['--database-url', ''], {}, /DATABASE_URL: expected a value/],
    [[], { HEDGE_DATA_DIR: '' }, /HEDGE_DATA_DIR: expected a value/],
  ])('for a wrong setting: %j %j', async (args, variables: Record<string, string>, says) => {
    const { code, stderr } = await startHedge(['serve', ...args], variables).ended
    expect(stderr).toMatch(says)
    expect(stderr).not.toContain('topsecret')
    expect(code).toBe(2)
  })
})
