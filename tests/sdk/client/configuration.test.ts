import { inspect } from 'node:util'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import {
  ConfigurationError,
  HedgePayments,
  type HedgePaymentsOptions,
} from '../../../packages/node/src/index.ts'

const live = 'sk_live_4f9a1c7be2'
const sandbox = 'sk_test_4f9a1c7be2'

beforeEach(() => {
  for (const name of ['HEDGE_API_KEY', 'HEDGE_API_SECRET', 'HEDGE_BASE_URL']) {
    vi.stubEnv(name, undefined)
  }
})

function refusalOf(options: HedgePaymentsOptions): ConfigurationError {
  try {
    new HedgePayments(options)
  } catch (error) {
    if (error instanceof ConfigurationError) return error
  }
  return expect.unreachable('the options should have been refused')
}

describe('the address of the server', () => {
  test('is this machine for a test key without an address', () => {
    expect(new HedgePayments({ apiSecret: sandbox }).baseUrl).toBe('http://127.0.0.1:4000')
  })

  test('is required for a live key', () => {
    for (const options of [{ apiSecret: live }, { apiSecret: live, baseUrl: '' }]) {
      const { message } = refusalOf(options)
      expect(message).toContain('pass it, or set HEDGE_BASE_URL to the URL of your server')
      expect(message).not.toContain(live)
    }
  })

  test('is the option, or else HEDGE_BASE_URL, for keys of both modes', () => {
    vi.stubEnv('HEDGE_BASE_URL', 'https://payments.internal:4000/')
    expect(new HedgePayments({ apiSecret: live }).baseUrl).toBe('https://payments.internal:4000')
    const baseUrl = 'http://127.0.0.1:5000/hedge/'
    expect(new HedgePayments({ apiSecret: live, baseUrl }).baseUrl).toBe(baseUrl.slice(0, -1))
  })

  const loopback = [
    'localhost',
    'a.localhost',
    '127.0.0.1',
    '127.8.9.1',
    '127.1',
    '[::1]',
    'LOCALHOST.',
  ]
  test.each(loopback)('may be http for a live key on this machine: %s', (host) => {
    const { environment } = new HedgePayments({ apiSecret: live, baseUrl: `http://${host}:4000` })
    expect(environment).toBe('production')
  })

  const elsewhere = [
    ...['payments.internal', '10.0.0.1', '[::2]', '0.0.0.0', 'localhost.example.com'],
    ...['127.0.0.1.example.com', 'notlocalhost', '128.0.0.1'],
  ]
  test.each(elsewhere)('must be https for a live key elsewhere: %s', (host) => {
    const { message } = refusalOf({ apiSecret: live, baseUrl: `http://${host}/hedge` })
    expect(message).toContain('https')
    expect(message).not.toContain(live)
    expect(refusalOf({ apiSecret: live, baseUrl: ` HTTP://${host}` }).message).toContain('https')
    new HedgePayments({ apiSecret: live, baseUrl: `https://${host}` })
    new HedgePayments({ apiSecret: sandbox, baseUrl: `http://${host}` })
  })

  test.each(['payments.internal', 'ftp://a', 'http://u:p@a', 'http://a?x=1', 'http://a#x'])(
    'may not be %s',
    (baseUrl) => {
      expect(refusalOf({ apiSecret: sandbox, baseUrl }).message).toContain('baseUrl')
    },
  )
})

describe('the keys', () => {
  test('are the options, or else those of the environment', () => {
    vi.stubEnv('HEDGE_API_KEY', 'pk_live_1')
    vi.stubEnv('HEDGE_API_SECRET', live)
    vi.stubEnv('HEDGE_BASE_URL', 'https://payments.example.com')
    expect(new HedgePayments()).toMatchObject({ environment: 'production', apiKey: 'pk_live_1' })
    const own = new HedgePayments({ apiSecret: sandbox })
    expect(own).toMatchObject({ environment: 'sandbox', apiKey: undefined })
  })

  test('may end with a line break', () => {
    const hedge = new HedgePayments({ apiKey: 'pk_test_1\n', apiSecret: `${sandbox}\n` })
    expect(hedge.apiKey).toBe('pk_test_1')
  })

  test('may not be missing, and the error says what to set', () => {
    const message = 'apiSecret is missing: pass it, or set HEDGE_API_SECRET to your secret key'
    expect(refusalOf({ apiKey: 'pk_test_1', apiSecret: undefined }).message).toContain(message)
    expect(refusalOf({ apiSecret: '  ' }).code).toBe('invalid_configuration')
  })

  test.each([
    ['the publishable key as secret', { apiSecret: 'pk_test_9f8e7d6c' }],
    ['something else as secret', { apiSecret: 'whsec_9f8e7d6c' }],
    ['a secret with a line break inside', { apiSecret: 'sk_test_9f8e\n7d6c' }],
    ['a secret beyond ASCII', { apiSecret: 'sk_test_9f8e7d6cé' }],
    ['the secret as publishable key', { apiKey: 'sk_test_9f8e7d6c', apiSecret: sandbox }],
    ['keys of two modes', { apiKey: 'pk_live_9f8e7d6c', apiSecret: sandbox }],
    ['a live key in the sandbox', { apiSecret: 'sk_live_9f8e7d6c', environment: 'sandbox' }],
    ['a test key in production', { apiSecret: 'sk_test_9f8e7d6c', environment: 'production' }],
    ['an environment that is none', { apiSecret: sandbox, environment: 'staging' as 'sandbox' }],
  ] as const)('may not be %s, and the error shows no key', (_name, options) => {
    const error = refusalOf(options)
    expect(error.status).toBeUndefined()
    expect(inspect(error)).not.toContain('9f8e7d6c')
    expect(inspect(error)).not.toContain(sandbox)
  })

  test('cannot be printed from the client', () => {
    const hedge = new HedgePayments({ apiSecret: sandbox })
    const printed = inspect(hedge, { depth: 9, showHidden: true }) + JSON.stringify(hedge)
    expect(printed).toContain('sandbox')
    expect(printed).not.toContain('4f9a1c7be2')
  })
})

describe('the limits', () => {
  test.each([0, -1, Number.NaN, 2 ** 31, Number.POSITIVE_INFINITY])(
    'refuse a timeout of %d',
    (timeout) => {
      expect(refusalOf({ apiSecret: sandbox, timeout }).message).toContain('milliseconds')
    },
  )

  test.each([-1, 1.5, 11, Number.NaN])('refuse maxRetries of %d', (maxRetries) => {
    expect(refusalOf({ apiSecret: sandbox, maxRetries }).message).toContain('maxRetries')
  })

  test('a client in a runtime without fetch is refused with the reason', () => {
    vi.stubGlobal('fetch', undefined)
    const { message } = refusalOf({ apiSecret: sandbox })
    vi.unstubAllGlobals()
    expect(message).toContain('fetch')
  })
})
