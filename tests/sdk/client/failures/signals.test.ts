import { getEventListeners } from 'node:events'
import { describe, expect, test, vi } from 'vitest'
import { AbortedError } from '../../../../packages/node/src/index.ts'
import { size } from '../../../support/size.ts'
import { until } from '../../../support/until.ts'
import { startHolding } from '../holding-server.ts'
import { nodes, useBuiltSdk } from '../programs.ts'
import { refusal, rejection, startWire, testSecret } from '../wire.ts'

const sdk = useBuiltSdk()

/** `npm test` tries the project's Node only. The tests of runtimes try all. */
const tried = size({ quick: nodes.slice(0, 1), all: nodes })

describe('one signal for many calls', () => {
  test.each(tried)('causes no warning in %s', async (node) => {
    const busy = refusal(503, 'service_unavailable', { headers: { 'retry-after': '0.1' } })
    const wire = await startWire(...Array(30).fill(busy), ...Array(30).fill({}))
    const output = await sdk.run(
      node,
      `import { HedgePayments } from './sdk.mjs'
      const hedge = new HedgePayments({ apiSecret: '${testSecret}', baseUrl: '${wire.url}', maxRetries: 1 })
      const { signal } = new AbortController()
      process.on('warning', (warning) => console.log(warning.name))
      const call = () => hedge.payments.cancel('pay_1', {}, { signal })
      console.log((await Promise.all(Array.from({ length: 30 }, call))).length)`,
    )
    expect(output).toBe('30')
  })

  test('ends all of them, including those that wait before a retry', async () => {
    const busy = refusal(503, 'service_unavailable', { headers: { 'retry-after': '30' } })
    const wire = await startWire(...Array(20).fill(busy), ...Array(20).fill('hang'))
    const { signal, controller } = newSignal()
    const waiting = vi.fn()
    const hedge = wire.client({ logger: { warn: waiting } })
    const call = () => rejection(hedge.payments.cancel('pay_1', {}, { signal }))
    const retried = Array.from({ length: 20 }, call)
    await until('all wait', () => waiting.mock.calls.length === 20)
    const hanging = Array.from({ length: 20 }, call)
    await until('40 requests', () => wire.requests.length === 40)
    expect(getEventListeners(signal, 'abort')).toHaveLength(1)
    controller.abort('enough')
    for (const error of await Promise.all([...retried, ...hanging])) {
      expect(error).toBeInstanceOf(AbortedError)
      expect(error).toMatchObject({ cause: 'enough' })
    }
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })

  test('keeps no listener after the calls have ended, and works for further calls', async () => {
    const wire = await startWire(...Array(5).fill({}), 'hang')
    const { signal, controller } = newSignal()
    const hedge = wire.client()
    const call = () => hedge.payments.cancel('pay_1', {}, { signal })
    await Promise.all([call(), call(), call()])
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
    await Promise.all([call(), call()])
    const last = rejection(call())
    await until('6 requests', () => wire.requests.length === 6)
    controller.abort()
    expect(await last).toBeInstanceOf(AbortedError)
  })
})

/** A signal of another class than the runtime's, like that of jsdom or of a polyfill. */
class ForeignSignal extends EventTarget {
  aborted = false
  reason: unknown
  abort(reason: unknown) {
    this.aborted = true
    this.reason = reason
    this.dispatchEvent(new Event('abort'))
  }
}

describe('a signal of another implementation', () => {
  test('ends a call', async () => {
    const wire = await startWire('hang')
    const foreign = new ForeignSignal()
    const signal = foreign as unknown as AbortSignal
    const call = rejection(wire.client().payments.cancel('pay_1', {}, { signal }))
    await until('1 requests', () => wire.requests.length === 1)
    foreign.abort('enough')
    expect(await call).toMatchObject({ code: 'aborted', cause: 'enough' })
  })

  test('ends a stream of events', async () => {
    const wire = await startWire('hang')
    const foreign = new ForeignSignal()
    const signal = foreign as unknown as AbortSignal
    const next = wire.client().events.stream({ lastEventId: 'evt_0', signal }).next()
    await until('1 requests', () => wire.requests.length === 1)
    foreign.abort('enough')
    expect(await next).toEqual({ done: true, value: undefined })
  })
})

function newSignal() {
  const controller = new AbortController()
  return { controller, signal: controller.signal }
}

describe('a timeout beyond the limits of Node’s fetch', () => {
  // For the program's own calls, the limits of 300 seconds are lowered to some milliseconds.
  const program = (url: string, timeout: number) => `
    import { HedgePayments } from './sdk.mjs'
    const key = Symbol.for('undici.globalDispatcher.1')
    new Headers()
    const Agent = globalThis[key].constructor
    globalThis[key] = new Agent({ headersTimeout: 100, bodyTimeout: 100 })
    const options = { apiSecret: '${testSecret}', baseUrl: '${url}', timeout: ${timeout}, maxRetries: 0 }
    const outcome = (call) => call.then((value) => value.id ?? value, (error) => error.cause?.code ?? error.cause?.cause?.code ?? String(error))
    const calls = [{}, { fetch }].map((more) => outcome(new HedgePayments({ ...options, ...more }).payments.retrieve('pay_1')))
    // A call without the SDK shows that the limits have been reached; then the server answers all.
    console.log(await outcome(fetch('${url}/hang').then((response) => response.text())))
    await fetch('${url}/release')
    console.log(...(await Promise.all(calls)))`

  test.each(tried)('works in %s, before the headers and within the body', async (node) => {
    for (const part of ['headers', 'body'] as const) {
      const url = await startHolding(part)
      expect(await sdk.run(node, program(url, 300_001))).toBe(
        `UND_ERR_${part.toUpperCase()}_TIMEOUT\npay_1 pay_1`,
      )
    }
  })
})
