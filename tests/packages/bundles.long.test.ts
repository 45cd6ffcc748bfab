import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'rolldown'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Installed, installPacked, runClean } from './packed.ts'
import { type Served, serve } from './serve.ts'

let installed: Installed
let folder: string
let server: Served

beforeAll(async () => {
  installed = await installPacked()
  folder = await installed.makeFolder('bundles')
  server = await serve(installed, process.execPath, 'bundles')
})

afterAll(() => server?.stop())

/** A program that prints what depends on the names of classes. */
const program = `
  import { ApiError, ConfigurationError, HedgeError, HedgePayments, NotFoundError } from '@hedgepayments/node'
  const hedge = new HedgePayments()
  const payment = await hedge.payments.create({
    amount: 9999,
    currency: 'USD',
    customer_email: 'customer@example.com',
    payment_method_token: 'tok_visa',
    cancel_window: 3600,
    initiate: true,
  })
  const canceled = await hedge.payments.cancel(payment.id)
  console.log(payment.status, canceled.status)
  const missing = await hedge.payments.retrieve('pay_doesnotexist').catch((error) => error)
  console.log(missing.name, missing instanceof NotFoundError, missing instanceof ApiError, String(missing).split(':')[0])
  try {
    hedge.webhooks.verify('{}', 't=1,v1=00', ' ')
  } catch (error) {
    console.log(error.name, error instanceof ConfigurationError, error instanceof HedgeError)
  }`

describe('a minified bundle', () => {
  test.each(['esm', 'cjs'] as const)(
    'of a program as %s pays and cancels, and its errors keep their names and classes',
    async (format) => {
      const extension = format === 'esm' ? 'mjs' : 'cjs'
      const input = join(folder, `${format}.mjs`)
      // A CommonJS bundle has no await at its top level.
      const [imports = '', ...rest] = program.trim().split('\n')
      const code =
        format === 'esm' ? program : `${imports}\n;(async () => {${rest.join('\n')}\n})()`
      await writeFile(input, code)
      const file = join(folder, `bundled.${extension}`)
      await build({ input, platform: 'node', output: { file, format, minify: true } })
      expect(await readFile(file, 'utf8')).not.toMatch(/class (NotFoundError|ConfigurationError)/)
      const output = await runClean(process.execPath, [file], { cwd: folder, env: server.env })
      expect(output.trim().split('\n')).toEqual([
        'initiated canceled',
        'NotFoundError true true NotFoundError',
        'ConfigurationError true true',
      ])
    },
  )
})

describe('Jest', () => {
  test.each(['node', 'jsdom'])(
    'loads and uses the CommonJS build in its %s environment',
    async (name) => {
      const environment = name === 'node' ? 'node' : installed.tool('jest-environment-jsdom')
      const file = `${name}.test.js`
      await writeFile(
        join(folder, file),
        `/** @jest-environment ${environment} */
      const { HedgePayments, verifyWebhook, ConfigurationError } = require('@hedgepayments/node')
      test('the SDK works', () => {
        expect(typeof HedgePayments).toBe('function')
        expect(() => verifyWebhook('{}', 't=1,v1=00', ' ')).toThrow(ConfigurationError)
        expect(() => verifyWebhook('{}', 't=1,v1=00', 'whsec_1')).toThrow(/Signature/)
      })`,
      )
      const jest = [installed.tool('jest/bin/jest.js'), '--json', '--rootDir', folder, file]
      const result = JSON.parse(await runClean(process.execPath, jest, { cwd: folder }))
      expect(result).toMatchObject({ success: true, numPassedTests: 1 })
    },
  )
})
