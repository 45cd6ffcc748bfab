import { getEventListeners } from 'node:events'
import { describe, expect, test, vi } from 'vitest'
import {
  ConnectionError,
  type HedgePayments,
  InvalidArgumentError,
} from '../../../../packages/node/src/index.ts'
import { until } from '../../../support/until.ts'
import { rejection, startWire } from '../wire.ts'

/** What JavaScript passes where the types allow nothing of the kind. */
type Wrong = never

const list = { body: { object: 'list', data: [], has_more: false, url: '/' } }

/** One method for each way in which a call can be made. */
const ways: readonly [string, (hedge: HedgePayments, options: Wrong) => PromiseLike<unknown>][] = [
  ['retrieve', (hedge, options) => hedge.payments.retrieve('pay_1', options)],
  ['cancel', (hedge, options) => hedge.payments.cancel('pay_1', {}, options)],
  ['ensureCanceled', (hedge, options) => hedge.payments.ensureCanceled('pay_1', {}, options)],
  ['update', (hedge, options) => hedge.merchants.update('merch_1', {}, options)],
  ['delete', (hedge, options) => hedge.webhooks.endpoints.delete('whe_1', options)],
  ['trigger', (hedge, options) => hedge.webhooks.trigger('payment.created', {}, options)],
  ['list', (hedge, options) => hedge.payments.list({}, options)],
  ['list, iterated', (hedge, options) => firstOf(hedge.payments.list({}, options))],
  ['stream', (hedge, options) => firstOf(hedge.events.stream({ lastEventId: 'evt_1' }, options))],
  ['stream from now', (hedge, options) => firstOf(hedge.events.stream({}, options))],
]

async function firstOf(items: AsyncIterable<unknown>): Promise<unknown> {
  for await (const item of items) return item
  return undefined
}

/** The message of a call that is refused before anything is sent, without a timer left. */
async function refusalOf(call: (hedge: HedgePayments) => PromiseLike<unknown>): Promise<string> {
  const wire = await startWire()
  const setTimer = vi.spyOn(globalThis, 'setTimeout')
  const error = await rejection(call(wire.client()))
  expect(error).toBeInstanceOf(InvalidArgumentError)
  expect(error).toMatchObject({ code: 'invalid_argument' })
  expect(wire.requests).toHaveLength(0)
  expect(setTimer).not.toHaveBeenCalled()
  return (error as InvalidArgumentError).message
}

const wrongSignals: readonly [unknown, string][] = [
  [{}, 'signal must be an AbortSignal, but got an object'],
  ['x', 'signal must be an AbortSignal, but got a string'],
  [5, 'signal must be an AbortSignal, but got a number'],
  [false, 'signal must be an AbortSignal, but got a boolean'],
  [[], 'signal must be an AbortSignal, but got an array'],
  [{ aborted: false }, 'signal must be an AbortSignal, but got an object'],
  [
    new AbortController(),
    'signal must be an AbortSignal, but got an AbortController: pass its property signal',
  ],
]

const wrongOptions: readonly [unknown, string][] = [
  ['x', 'but got a string'],
  [null, 'but got null'],
  [5, 'but got a number'],
  [['signal'], 'but got an array'],
  [() => {}, 'but got a function'],
  [new AbortController().signal, 'the options are an AbortSignal: pass { signal }'],
  [{ idempotencykey: 'k' }, 'there is no option idempotencykey: did you mean idempotencyKey?'],
  [{ idempotency_key: 'k' }, 'did you mean idempotencyKey?'],
  [{ timeoutMs: 5 }, 'did you mean timeout?'],
  [{ retries: 5 }, 'did you mean maxRetries?'],
  [{ sginal: 5 }, 'did you mean signal?'],
  [{ expand: 5 }, 'expected idempotencyKey, signal, timeout, maxRetries, headers, ifMatch'],
  [{ idempotencyKey: 5 }, 'idempotencyKey must be a string, but got a number'],
  [{ idempotencyKey: {} }, 'idempotencyKey must be a string, but got an object'],
  [{ ifMatch: 5 }, 'ifMatch must be a string, but got a number'],
  [{ headers: 'x' }, 'headers must be an object'],
  [{ headers: new Headers({ 'x-trace': '1' }) }, 'but got a Headers'],
  [{ headers: [['x-trace', '1']] }, 'but got an array'],
  [{ headers: { 'x-trace': undefined } }, 'x-trace must be a string, but got undefined'],
]

describe.each(ways)('%s', (_name, call) => {
  test.each(wrongSignals)('refuses the signal %j', async (signal, message) => {
    expect(await refusalOf((hedge) => call(hedge, { signal } as Wrong))).toBe(message)
  })

  test.each(wrongOptions)('refuses the options %j', async (options, message) => {
    expect(await refusalOf((hedge) => call(hedge, options as Wrong))).toContain(message)
  })
})

test('null is no signal, and undefined is no option', async () => {
  const wire = await startWire({}, list, {})
  const hedge = wire.client()
  const given = { signal: null, headers: null, timeout: null, other: undefined } as unknown as Wrong
  expect((await hedge.payments.cancel('pay_1', {}, given)).id).toBe('pay_1')
  expect((await hedge.payments.list({}, given)).data).toEqual([])
  expect((await hedge.payments.retrieve('pay_1', undefined)).id).toBe('pay_1')
})

test('inherited options count', async () => {
  const wire = await startWire({})
  const options = Object.create({ idempotencyKey: 'order-17', headers: { 'x-trace': 't' } })
  await wire.client().payments.cancel('pay_1', {}, options)
  expect(wire.requests[0]?.headers).toMatchObject({ 'idempotency-key': 'order-17', 'x-trace': 't' })
})

test('a signal of another realm ends a call, and keeps no listener', async () => {
  const wire = await startWire('hang')
  const controller = new AbortController()
  // Like an object of another realm, it is no instance of this realm's class.
  const signal = new Proxy(controller.signal, {
    getPrototypeOf: () => null,
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  expect(signal).not.toBeInstanceOf(AbortSignal)
  const call = rejection(wire.client().payments.cancel('pay_1', {}, { signal }))
  await until('1 request', () => wire.requests.length === 1)
  controller.abort('enough')
  expect(await call).toMatchObject({ code: 'aborted', cause: 'enough' })
  expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0)
})

test('a signal that fails later fails the call with a HedgeError, and leaves no timer', async () => {
  const wire = await startWire({})
  const fails = () => {
    throw new TypeError('no such event')
  }
  const signal = { aborted: false, addEventListener: fails, removeEventListener: fails }
  const clear = vi.spyOn(globalThis, 'clearTimeout')
  const set = vi.spyOn(globalThis, 'setTimeout')
  const hedge = wire.client({ maxRetries: 0 })
  const error = await rejection(
    hedge.payments.retrieve('pay_1', { signal: signal as unknown as AbortSignal }),
  )
  expect(error).toBeInstanceOf(ConnectionError)
  const left = set.mock.results.filter(
    ({ value }) => !clear.mock.calls.some(([timer]) => timer === value),
  )
  expect(left).toEqual([])
})

test.each<[string, unknown]>([
  ['nothing', undefined],
  ['no headers', { status: 200, text: async () => '{}' }],
  ['a body that is no text', { status: 200, headers: new Headers(), text: async () => 5 }],
])('a fetch that returns %s fails the call with a ConnectionError', async (_name, answer) => {
  const wire = await startWire()
  const hedge = wire.client({ fetch: async () => answer as Response, maxRetries: 0 })
  expect(await rejection(hedge.payments.retrieve('pay_1'))).toBeInstanceOf(ConnectionError)
})

describe('an id', () => {
  test.each([
    [undefined, 'the id is missing: it must be a non-empty string'],
    [null, 'the id is missing: it must be a non-empty string'],
    [5, 'the id must be a non-empty string, but got a number'],
    [{}, 'the id must be a non-empty string, but got an object'],
    [['pay_1'], 'the id must be a non-empty string, but got an array'],
  ])('of %j is refused', async (id, message) => {
    expect(await refusalOf((hedge) => hedge.payments.retrieve(id as Wrong))).toBe(message)
    expect(await refusalOf((hedge) => hedge.merchants.processor.remove(id as Wrong))).toBe(message)
    expect(await refusalOf((hedge) => hedge.payments.events(id as Wrong))).toBe(message)
  })
})

describe('parameters', () => {
  const calls: readonly [string, (hedge: HedgePayments, params: Wrong) => PromiseLike<unknown>][] =
    [
      ['create', (hedge, params) => hedge.payments.create(params)],
      ['cancel', (hedge, params) => hedge.payments.cancel('pay_1', params)],
      ['update', (hedge, params) => hedge.merchants.update('merch_1', params)],
      ['list', (hedge, params) => hedge.payments.list(params)],
      ['cancellations.create', (hedge, params) => hedge.cancellations.create(params)],
      ['stream', (hedge, params) => firstOf(hedge.events.stream(params))],
    ]
  const spread: typeof calls = [
    [
      'cancelByIdempotencyKey',
      (hedge, params) => hedge.payments.cancelByIdempotencyKey('k', params),
    ],
    ['trigger', (hedge, params) => hedge.webhooks.trigger('payment.created', params)],
  ]

  test.each([...calls, ...spread])('of %s must be an object', async (_name, call) => {
    for (const params of ['customer_requested', 5, ['x'], () => {}]) {
      expect(await refusalOf((hedge) => call(hedge, params as Wrong))).toContain(
        'must be an object',
      )
    }
  })

  test.each(calls)('of %s may not be null', async (_name, call) => {
    const message = await refusalOf((hedge) => call(hedge, null as Wrong))
    expect(message).toContain('must be an object')
    expect(message).toContain('but got null')
  })

  test('unknown fields go to the server', async () => {
    const wire = await startWire({}, list)
    await wire.client().payments.cancel('pay_1', { reasn: 'x' } as Wrong)
    await wire.client().payments.list({ lmit: 5 } as Wrong)
    expect(wire.requests.map(({ body, url }) => [body, url])).toEqual([
      ['{"reasn":"x"}', '/v1/payments/pay_1/cancel'],
      ['', '/v1/payments?lmit=5'],
    ])
  })

  test.each([
    [{ lastEventID: 'evt_1' }, 'did you mean lastEventId?'],
    [{ lastEventId: 5 }, 'lastEventId must be a string, but got a number'],
    [{ onConnect: 5 }, 'onConnect must be a function, but got a number'],
    [{ onDisconnect: 'x' }, 'onDisconnect must be a function, but got a string'],
    [{ signal: new AbortController() }, 'pass its property signal'],
  ])('of a stream: %j is refused', async (params, message) => {
    expect(await refusalOf((hedge) => firstOf(hedge.events.stream(params as Wrong)))).toContain(
      message,
    )
  })
})
