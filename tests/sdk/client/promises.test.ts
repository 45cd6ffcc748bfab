import { tracingChannel } from 'node:diagnostics_channel'
import { runInNewContext } from 'node:vm'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { HedgePayments } from '../../../packages/node/src/index.ts'
import { until } from '../../support/until.ts'
import { refusal, rejection, startWire } from './wire.ts'

const list = { object: 'list', data: [{ id: 'pay_1' }], has_more: false, url: '/' }

/** One method for each way in which the SDK creates a promise. */
const methods: readonly [string, (hedge: HedgePayments) => Promise<unknown>][] = [
  ['a call', (hedge) => hedge.payments.retrieve('pay_1')],
  ['a list', (hedge) => hedge.payments.list()],
  ['ensureCanceled', (hedge) => hedge.payments.ensureCanceled('pay_1')],
]

describe.each(methods)('the promise of %s', (_name, call) => {
  test('settles with the then of native promises', async () => {
    const wire = await startWire({ body: list }, { body: list }, refusal(404, 'not_found'))
    const hedge = wire.client()
    const found = await Promise.prototype.then.call(call(hedge), (value) => value)
    expect(found).toMatchObject({ object: 'list' })
    const other = runInNewContext('Promise')
    expect(await other.prototype.then.call(call(hedge), (value: unknown) => value)).toMatchObject({
      object: 'list',
    })
    const failed = vi.fn()
    await Promise.prototype.catch.call(call(hedge), failed)
    expect(failed.mock.calls[0]?.[0]).toMatchObject({ code: 'not_found' })
  })

  test('settles in a tracing channel', async () => {
    const wire = await startWire({ body: list }, refusal(404, 'not_found'))
    const channel = tracingChannel('hedge-sdk-test')
    const traced = vi.fn()
    channel.subscribe({ asyncEnd: traced } as never)
    const hedge = wire.client()
    expect(await channel.tracePromise(() => call(hedge))).toMatchObject({ object: 'list' })
    const error = await rejection(channel.tracePromise(() => call(hedge)))
    expect(error).toMatchObject({ code: 'not_found' })
    expect(traced).toHaveBeenCalledTimes(2)
  })

  test('settles in combinators, and when it resolves another promise of its class', async () => {
    const wire = await startWire(...Array(4).fill({ body: list }))
    const hedge = wire.client()
    expect(await Promise.race([call(hedge)])).toMatchObject({ object: 'list' })
    expect(await Promise.all([call(hedge)])).toHaveLength(1)
    const promise = call(hedge)
    const Class = promise.constructor as PromiseConstructor
    expect(await new Class((resolve) => resolve(promise))).toMatchObject({ object: 'list' })
    class Subclass<T> extends Promise<T> {}
    expect(await Subclass.resolve(call(hedge)).finally(() => {})).toMatchObject({ object: 'list' })
  })

  test('has no enumerable methods', async () => {
    const wire = await startWire({ body: list })
    const promise = call(wire.client())
    expect(Object.keys(promise)).toEqual([])
    expect(promise).toBeInstanceOf(Promise)
    expect(Object.prototype.toString.call(promise)).toBe('[object Promise]')
    await promise
  })
})

describe('a failed call', () => {
  const codes: unknown[] = []
  const record = (reason: unknown) => codes.push((reason as { code?: string }).code)
  beforeEach(() => {
    codes.length = 0
    process.on('unhandledRejection', record)
  })
  afterEach(() => {
    process.off('unhandledRejection', record)
  })

  test('that is not handled is reported, for the data and for the HTTP answer', async () => {
    const wire = await startWire(...Array(3).fill(refusal(404, 'not_found')))
    const hedge = wire.client()
    void hedge.payments.retrieve('pay_1')
    void hedge.payments.retrieve('pay_1').withResponse()
    void hedge.payments.list().asResponse()
    await until('all are reported', () => codes.length === 3)
    expect(codes).toEqual(Array(3).fill('not_found'))
  })

  test('that is handled through the HTTP answer is not reported, for calls and for lists', async () => {
    const wire = await startWire(...Array(3).fill(refusal(404, 'not_found')))
    const hedge = wire.client()
    await rejection(hedge.payments.retrieve('pay_1').withResponse())
    await rejection(hedge.payments.retrieve('pay_1').asResponse())
    await rejection(hedge.payments.list().withResponse())
    // Node reports unhandled rejections after the microtasks of a turn.
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
    expect(codes).toEqual([])
  })
})
