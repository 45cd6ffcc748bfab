import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { isLongRun } from '../../support/size.ts'
import { nodes, useBuiltSdk } from './programs.ts'
import { refusal, startWire, testSecret } from './wire.ts'

const sdk = useBuiltSdk()
const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const body = '{"id":"evt_1","object":"event","type":"payment.canceled","remark":"Zoë €"}'
const time = 1_718_447_520
const header = `t=${time},v1=${createHmac('sha256', secret).update(`${time}.${body}`).digest('hex')}`
const given = JSON.stringify({ body, header, secret, now: time * 1_000 })

/** Ways to load the SDK, each without the APIs that the runtime lacks. */
const runtimes = [
  ['an ES module', "import * as sdk from './sdk.mjs'"],
  [
    'CommonJS',
    "import { createRequire } from 'node:module'\nconst sdk = createRequire(import.meta.url)('./sdk.cjs')",
  ],
  ['a minified bundle', "import * as sdk from './sdk.min.mjs'"],
  [
    'a runtime without built-in modules',
    "process.getBuiltinModule = undefined\nconst sdk = await import('./sdk.mjs')",
  ],
  [
    'a runtime without process',
    "globalThis.process = undefined\nconst sdk = await import('./sdk.mjs')",
  ],
  [
    'a runtime without text classes, such as jsdom',
    "delete globalThis.TextEncoder\ndelete globalThis.TextDecoder\nconst sdk = await import('./sdk.mjs')",
  ],
  [
    'a runtime without WebCrypto',
    "delete globalThis.crypto\nconst sdk = await import('./sdk.mjs')",
  ],
] as const

describe.each(nodes)('in %s', (node) => {
  // `npm test` tries all runtimes in the project's Node, and the builds in the machine's own.
  const tried = runtimes.filter((_, n) => isLongRun || node === nodes[0] || n < 3)

  test.each(tried)('verify is synchronous as %s', async (_name, load) => {
    const output = await sdk.run(
      node,
      `${load}
      const { body, header, secret, now } = ${given}
      const verify = (text) => sdk.verifyWebhook(text, header, secret, { now: new Date(now) })
      console.log(verify(body).id)
      try { verify(body + ' ') } catch (error) { console.log(error.name, error.code) }
      console.log((await sdk.verifyWebhookAsync(body, header, secret, { now: new Date(now) })).id)`,
    )
    expect(output).toBe('evt_1\nSignatureMismatchError signature_mismatch\nevt_1')
  })

  test('errors have their names in a minified bundle', async () => {
    const wire = await startWire(
      refusal(412, 'payment_not_cancelable', { details: { current_status: 'succeeded' } }),
      'cut',
    )
    const output = await sdk.run(
      node,
      `import * as sdk from './sdk.min.mjs'
      const { inspect } = await import('node:util')
      const hedge = new sdk.HedgePayments({ apiSecret: '${testSecret}', baseUrl: '${wire.url}', maxRetries: 0 })
      const names = (error) => [error.name, error.constructor.name, error.stack.split(':')[0], inspect(error).split(':')[0], String(error).split(':')[0]]
      for (let n = 0; n < 2; n++) console.log(...(await hedge.payments.cancel('pay_1').catch(names)))
      const classes = Object.entries(sdk).filter(([name]) => name.endsWith('Error'))
      console.log(classes.length, classes.every(([name, Class]) => Class.name === name && new Class('x', {}).name === name))`,
    )
    expect(output.split('\n')).toEqual([
      Array(5).fill('PaymentNotCancelableError').join(' '),
      Array(5).fill('ConnectionError').join(' '),
      '29 true',
    ])
  })

  test('instanceof accepts errors of another copy of the SDK, class by class', async () => {
    const output = await sdk.run(
      node,
      `import { createRequire } from 'node:module'
      import * as esm from './sdk.mjs'
      import * as minified from './sdk.min.mjs'
      const cjs = createRequire(import.meta.url)('./sdk.cjs')
      const { readFileSync } = await import('node:fs')
      const vm = await import('node:vm')
      const realm = vm.createContext({ exports: {}, TextEncoder, TextDecoder })
      vm.runInContext(readFileSync('sdk.cjs', 'utf8'), realm)
      const copies = [esm, minified, cjs, realm.exports]
      const found = new Set()
      for (const one of copies) for (const other of copies) {
        const error = new one.TimeoutError('x', { code: 'timeout' })
        const names = Object.keys(other).filter((name) => name.endsWith('Error'))
        found.add(names.filter((name) => error instanceof other[name]).sort().join(' '))
        class Mine extends other.TimeoutError {}
        if (error instanceof Mine || !(new Mine('x', {}) instanceof one.ConnectionError)) found.add('subclass')
        if ({ name: 'TimeoutError' } instanceof other.TimeoutError || null instanceof other.HedgeError) found.add('lookalike')
      }
      console.log([...found].join('\\n'))`,
    )
    expect(output).toBe('ConnectionError HedgeError TimeoutError')
  })

  test('values of another realm are accepted: bytes, buffers and dates', async () => {
    const wire = await startWire({ body: { object: 'list', data: [], has_more: false, url: '/' } })
    const output = await sdk.run(
      node,
      `import * as sdk from './sdk.mjs'
      import vm from 'node:vm'
      const { body, header, secret, now } = ${given}
      const bytes = [...new TextEncoder().encode(body)]
      const realm = vm.createContext({ bytes, now })
      const of = (code) => vm.runInContext(code, realm)
      const values = ['Uint8Array.from(bytes)', 'Uint8Array.from(bytes).buffer', 'new Uint8Array([1, ...bytes, 2]).subarray(1, -1)'].map(of)
      for (const raw of values) {
        const options = { now: of('new Date(now)') }
        console.log(sdk.verifyWebhook(raw, header, secret, options).id, (await sdk.verifyWebhookAsync(raw, header, of('["' + secret + '"]'), options)).id)
      }
      const hedge = new sdk.HedgePayments({ apiSecret: '${testSecret}', baseUrl: '${wire.url}' })
      await hedge.payments.list({ created_at: { gte: of('new Date(now)') } })`,
    )
    expect(output).toBe(Array(3).fill('evt_1 evt_1').join('\n'))
    expect(wire.requests[0]?.url).toBe('/v1/payments?created_at[gte]=2024-06-15T10%3A32%3A00Z')
  })
})
