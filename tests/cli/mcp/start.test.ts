import { describe, expect, test } from 'vitest'
import { until } from '../../support/until.ts'
import { startHedge } from '../hedge.ts'
import { connectMcp } from './client.ts'
import { withMcp } from './with-mcp.ts'

const mcp = withMcp('reader')

const missing = { code: 'no_credentials', text: 'set HEDGE_API_SECRET' }
const malformed = { code: 'invalid_configuration', text: 'must start with sk_test_ or sk_live_' }

describe('the start', () => {
  test.each([
    { env: {}, ...missing },
    { env: { HEDGE_API_SECRET: ' ' }, code: 'usage', text: 'HEDGE_API_SECRET is set but empty' },
    { env: { HEDGE_API_SECRET: 'secret_of_mine' }, ...malformed },
    { env: { HEDGE_API_SECRET: 'sk_test_a', HEDGE_BASE_URL: 'shop' }, code: 'usage', text: 'URL' },
  ])('with $env says at once why every call will fail, and so does each call', async (given) => {
    const { call, stderr, close } = await connectMcp(given.env)
    await until('the start is reported', () => stderr().includes('every call will fail'))
    expect(stderr()).toContain(`(${given.code})`)
    expect(stderr()).toContain(given.text)
    expect(stderr()).not.toContain('ready')
    const { isError, data } = await call('get_balance')
    expect({ isError, code: data.error.code }).toEqual({ isError: true, code: given.code })
    expect(data.error.message).toContain(given.text)
    expect(stderr() + JSON.stringify(data)).not.toContain('secret_of_mine')
    await close()
  })

  test('with a key says that the server is ready', async () => {
    await until('it is ready', () => mcp.reader.stderr().includes('hedge mcp: ready, read-only'))
  })
})

test('a line that is no message is reported on standard error', async () => {
  const { stdout, stderr, code } = await startHedge(['mcp'], mcp.testEnv, 'garbage\n').ended
  expect({ stdout, code }).toEqual({ stdout: '', code: 0 })
  expect(stderr).toMatch(/^hedge mcp: error: .*JSON$/m)
})

test.each([
  {
    name: 'find_payments',
    args: { foo: 1 },
    expected: 'expected only payment_id, customer_email, ',
  },
  { name: 'get_balance', args: { foo: 1 }, expected: 'expected ' },
  { name: 'explain_payment', args: { payment_id: 'pay_x', foo: null }, expected: 'payment_id' },
])('an unknown argument of $name is called unknown', async ({ name, args, expected }) => {
  const { isError, data } = await mcp.reader.call(name, args)
  expect(isError).toBe(true)
  expect(data.error.message).toMatch(/^Unknown argument foo: expected /)
  expect(data.error.message).toContain(expected)
  expect(data.error.details).toMatchObject([{ field: 'foo', unknown: true }])
})
