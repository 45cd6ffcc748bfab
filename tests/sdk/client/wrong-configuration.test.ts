import { beforeEach, describe, expect, test, vi } from 'vitest'
import {
  ConfigurationError,
  HedgePayments,
  type HedgePaymentsOptions,
} from '../../../packages/node/src/index.ts'
import { rejection, startWire } from './wire.ts'

const apiSecret = 'sk_test_4f9a1c7be2'

beforeEach(() => {
  for (const name of ['HEDGE_API_KEY', 'HEDGE_API_SECRET', 'HEDGE_BASE_URL']) {
    vi.stubEnv(name, undefined)
  }
})

function messageOf(options: unknown): string {
  try {
    new HedgePayments(options as HedgePaymentsOptions)
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError)
    return (error as ConfigurationError).message
  }
  return expect.unreachable('the options should have been refused')
}

describe('options that are no object are refused, without their value', () => {
  test.each([
    [apiSecret, 'a string'],
    [null, 'null'],
    [5, 'a number'],
    [[apiSecret], 'an array'],
  ])('%j', (options, kind) => {
    const message = messageOf(options)
    expect(message).toContain(`must be an object with apiKey, apiSecret, environment, baseUrl`)
    expect(message).toContain(`but got ${kind}`)
    expect(message).not.toContain(apiSecret)
  })
})

test.each([
  [{ apiSecret: 5 }, 'apiSecret must be a string, but got a number'],
  [{ apiSecret: { value: apiSecret } }, 'apiSecret must be a string, but got an object'],
  [{ apiSecret, apiKey: 5 }, 'apiKey must be a string, but got a number'],
  [{ apiSecret, apiKey: ['pk_test_1'] }, 'apiKey must be a string, but got an array'],
  [{ apiSecret, baseUrl: 5 }, 'baseUrl must be a string, but got a number'],
  [{ apiSecret, baseUrl: new URL('http://a') }, 'baseUrl must be a string, but got a URL'],
  [{ apiSecret, environment: Symbol('x') }, 'environment must be a string, but got a symbol'],
  [{ apiSecret, fetch: 5 }, 'fetch must be a function, but got a number'],
  [{ apiSecret, fetch: {} }, 'fetch must be a function, but got an object'],
  [{ apiSecret, logger: 'debug' }, 'logger must be an object like console, but got a string'],
  [{ apiSecret, logger: () => {} }, 'logger must be an object like console, but got a function'],
  [{ apiSecret, logger: { warn: true } }, 'logger.warn must be a function, but got a boolean'],
  [{ apiSecret, timeout: '5' }, 'timeout is a string: it must be a number'],
  [{ apiSecret, timeout: 5n }, 'timeout is a bigint: it must be a number'],
  [{ apiSecret, timeout: Symbol('x') }, 'timeout is a symbol: it must be a number'],
  [{ apiSecret, maxRetries: '2' }, 'maxRetries is a string: it must be a whole number'],
  [{ apiSecret, baseURL: 'http://a' }, 'there is no option baseURL: did you mean baseUrl?'],
  [{ apiSecret, base_url: 'http://a' }, 'did you mean baseUrl?'],
  [{ apikey: 'pk_test_1', apiSecret }, 'did you mean apiKey?'],
  [{ secret: apiSecret }, 'did you mean apiSecret?'],
  [{ apiSecret, retries: 1 }, 'did you mean maxRetries?'],
  [{ apiSecret, proxy: 'http://a' }, 'there is no option proxy: expected apiKey, apiSecret'],
  [{ apiSecret, baseUrl: 'http://127.0.0.1:4000/v1' }, 'baseUrl ends with /v1: leave it out'],
  [{ apiSecret, baseUrl: 'https://a/hedge/v1/' }, 'baseUrl ends with /v1: leave it out'],
])('%o is refused', (options, message) => {
  const found = messageOf(options)
  expect(found).toContain(message)
  expect(found).not.toContain(apiSecret)
})

test('HEDGE_BASE_URL may not end with /v1 either', () => {
  vi.stubEnv('HEDGE_BASE_URL', 'https://a/v1')
  expect(messageOf({ apiSecret })).toContain('baseUrl ends with /v1')
})

test('null and undefined are no value, also of an unknown name', () => {
  const names = ['apiKey', 'environment', 'baseUrl', 'timeout', 'maxRetries', 'fetch', 'logger']
  const none = Object.fromEntries(names.map((name) => [name, undefined]))
  expect(new HedgePayments({ ...none, apiSecret, region: undefined } as object).environment).toBe(
    'sandbox',
  )
  const nulls = { apiKey: null, baseUrl: null, timeout: null, fetch: null, logger: null }
  expect(new HedgePayments({ ...nulls, apiSecret } as object).baseUrl).toBe('http://127.0.0.1:4000')
})

test('a logger may be a function with methods, or an instance of a class', async () => {
  const said: string[] = []
  const log = Object.assign(() => {}, { debug: (text: string) => said.push(text) })
  class Own {
    debug(text: string) {
      said.push(text)
    }
  }
  const wire = await startWire({}, {})
  await wire.client({ logger: log }).payments.retrieve('pay_1')
  await wire.client({ logger: new Own() }).payments.retrieve('pay_1')
  expect(said).toHaveLength(2)
})

test.each([
  [{ timeout: '5' }, 'timeout is a string'],
  [{ maxRetries: '5' }, 'maxRetries is a string'],
])('%j of one call is refused before anything is sent', async (options, message) => {
  const wire = await startWire()
  const error = await rejection(wire.client().payments.retrieve('pay_1', options as never))
  expect(error).toBeInstanceOf(ConfigurationError)
  expect(String(error)).toContain(message)
  expect(wire.requests).toHaveLength(0)
})
