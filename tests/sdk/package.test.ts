import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { version } from '../../packages/node/src/version.ts'
import { bundle } from '../../scripts/build/bundle.ts'
import { writeDeclarations } from '../../scripts/build/declarations.ts'
import { builtPackages } from '../../scripts/build/packages.ts'
import { parseBlocks, readDocument } from '../docs/markdown.ts'
import { isLongRun, size } from '../support/size.ts'

const run = promisify(execFile)
const root = resolve(import.meta.dirname, '../..')
const source = join(root, 'packages/node')
const bin = join(root, 'node_modules/.bin')
const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}`, NO_COLOR: '1' }

const sdk = builtPackages.find(({ name }) => name === 'node') ?? expect.fail('no SDK')

let folder = ''
let consumer = ''
let tarball = ''
let packed: string[] = []

/** Builds into a new folder, so that the tarball contains no files of earlier builds. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hedge-sdk-'))
  const staged = join(folder, 'package')
  mkdirSync(staged)
  for (const name of ['package.json', 'README.md', 'LICENSE']) {
    cpSync(join(source, name), join(staged, name))
  }
  await bundle(source, sdk, join(staged, 'dist'))
  await writeDeclarations(source, sdk, join(staged, 'dist'))
  const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder]
  const { stdout } = await run('npm', pack, { cwd: staged, env })
  const [result] = JSON.parse(stdout)
  tarball = join(folder, result.filename)
  packed = result.files.map((file: { path: string }) => file.path)

  consumer = join(folder, 'consumer')
  mkdirSync(consumer)
  writeFileSync(join(consumer, 'package.json'), '{"private":true}')
  const install = ['install', '--offline', '--no-audit', '--no-fund', tarball]
  await run('npm', install, { cwd: consumer, env })
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the tarball', () => {
  test('holds both builds, their types and source maps, README and LICENSE, and nothing else', () => {
    const isDeclaration = (path: string) => /^dist\/types\/node\/src\/[\w/-]+\.d\.c?ts$/.test(path)
    const builds = ['index.js', 'index.cjs'].flatMap((name) => [name, `${name}.map`])
    const expected = [...builds, 'index.d.ts', 'index.d.cts'].map((name) => `dist/${name}`)
    expect(packed.filter((path) => !isDeclaration(path)).sort()).toEqual(
      ['LICENSE', 'README.md', 'package.json', ...expected].sort(),
    )
    expect(packed.filter(isDeclaration)).toContain('dist/types/node/src/client.d.cts')
  })

  test('passes publint', async () => {
    const { stdout } = await run(join(bin, 'publint'), [tarball, '--strict'], { env })
    expect(stdout).toContain('All good!')
  })

  // The compiles below check the types of a CommonJS and of an ES module in `npm test` as well.
  test.runIf(isLongRun)('passes are-the-types-wrong for every way to import it', async () => {
    const { stdout } = await run(join(bin, 'attw'), [tarball], { env })
    // A problem makes it exit with an error. These lines show that it checked the package.
    for (const kind of ['node10', 'from CJS', 'from ESM', 'bundler']) expect(stdout).toContain(kind)
  })

  test('has no dependencies, and sends its version in User-Agent', () => {
    const manifest = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'))
    expect(Object.keys(manifest).filter((key) => /dependencies/i.test(key))).toEqual([])
    expect(manifest).toMatchObject({ version, name: '@hedgepayments/node' })
    expect(manifest).not.toHaveProperty('private')
  })

  test('uses no API that only Node has', () => {
    for (const path of packed.filter((name) => /\.c?js$/.test(name))) {
      const text = readFileSync(join(consumer, 'node_modules/@hedgepayments/node', path), 'utf8')
      expect(text, path).not.toMatch(/from ['"](?!\.)|require\(|\bBuffer\b/)
    }
  })
})

describe('the installed package', () => {
  const use = `
    const hedge = new HedgePayments({ apiSecret: 'sk_test_1' })
    hedge.payments.cancel('').catch((error) => {
      console.log(error instanceof HedgeError, error.code, hedge.baseUrl)
    })`

  test.each([
    ['import', 'use.mjs', `import { HedgeError, HedgePayments } from '@hedgepayments/node'`],
    ['require', 'use.cjs', `const { HedgeError, HedgePayments } = require('@hedgepayments/node')`],
  ])('loads with %s', async (_way, name, load) => {
    writeFileSync(join(consumer, name), `${load}\n${use}`)
    const clean = { ...env, HEDGE_BASE_URL: '' }
    const { stdout } = await run(process.execPath, [name], { cwd: consumer, env: clean })
    expect(stdout.trim()).toBe('true invalid_argument http://127.0.0.1:4000')
  })

  const program = `
    import {
      HedgeError,
      HedgePayments,
      type Payment,
      PaymentNotCancelableError,
      type PaymentStatus,
    } from '@hedgepayments/node'

    declare const env: Record<string, string | undefined>
    const hedge = new HedgePayments({
      apiKey: env['HEDGE_API_KEY'],
      apiSecret: env['HEDGE_API_SECRET'],
      baseUrl: env['HEDGE_BASE_URL'],
      fetch,
      logger: console,
    })

    export async function cancelAll(status: PaymentStatus): Promise<string[]> {
      const ids: string[] = []
      for await (const payment of hedge.payments.list({ status, limit: 100 })) {
        try {
          const canceled: Payment = await hedge.payments.cancel(payment.id, { reason: 'cleanup' })
          ids.push(canceled.id)
        } catch (error) {
          if (error instanceof PaymentNotCancelableError) {
            const now: PaymentStatus = error.details.current_status
            ids.push(now)
          } else if (!(error instanceof HedgeError)) throw error
        }
      }
      const { data, response } = await hedge.payments.retrieve('pay_1').withResponse()
      const etag = response.headers.get('etag')
      await hedge.payments.cancel(data.id, {}, { ifMatch: etag, idempotencyKey: null })
      const found = await hedge.payments.cancelByIdempotencyKey('order-17')
      if (found.object === 'pending_cancellation') ids.push(found.expires_at)
      const code: string = await hedge.payments.refund('pay_1').then(
        (payment) => payment.status,
        (error) => error.code,
      )
      const event = hedge.webhooks.verify('{}', undefined, env['SECRET'])
      return [...ids, code, event.data.id]
    }

    // @ts-expect-error An amount is a number.
    void hedge.payments.create({ amount: '1', currency: 'USD', customer_email: 'a@example.com' })
    // @ts-expect-error There is no such status.
    void hedge.payments.list({ status: 'cancelled' })
  `
  const web = { lib: ['es2022', 'dom', 'dom.iterable'], types: [] }
  const node = { lib: ['es2022'], types: ['node'], typeRoots: [join(root, 'node_modules/@types')] }

  const consumers = [
    ['an ES module with the types of the web', 'use.mts', { module: 'nodenext', ...web }],
    ['an ES module with the types of Node', 'use.mts', { module: 'nodenext', ...node }],
    ['a CommonJS module', 'use.cts', { module: 'nodenext', ...web }],
    ['a bundled module', 'use.ts', { module: 'esnext', moduleResolution: 'bundler', ...web }],
  ] as const

  // The guide below is compiled as an ES module, in `npm test` with the types of Node.
  test.each(size({ quick: consumers.slice(2, 3), all: consumers }))(
    'has types for %s, in the strictest mode of the compiler',
    async (_way, name, compilerOptions) => {
      await expectCompiles({ [name]: program }, compilerOptions)
    },
  )

  test('compiles the snippets of the guide to cancels, in the strictest mode of the compiler', async () => {
    const client = `import { HedgePayments } from '@hedgepayments/node'\nconst hedge = new HedgePayments()\n`
    const snippets = parseBlocks(readDocument('docs/canceling-payments.md'))
      // In TypeScript a caught value has no type, so these snippets need a check of the class first.
      .filter(({ language, code }) => language === 'js' && !code.includes('catch'))
      .map(({ line, code }) => [`line-${line}.mts`, client + code])
    expect(snippets.length).toBeGreaterThan(5)
    await expectCompiles(Object.fromEntries(snippets), {
      module: 'nodenext',
      ...size<object>({ quick: node, all: web }),
    })
  })
})

/** Compiles files of TypeScript as a consumer of the package does, with every strict option. */
async function expectCompiles(files: Record<string, string>, compilerOptions: object) {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(consumer, name), text)
  const strict = {
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noPropertyAccessFromIndexSignature: true,
    // Checks the shipped types as well.
    skipLibCheck: false,
    noEmit: true,
    target: 'es2022',
  }
  const config = {
    compilerOptions: { ...strict, ...compilerOptions },
    files: Object.keys(files),
  }
  writeFileSync(join(consumer, 'tsconfig.json'), JSON.stringify(config))
  const compiled = await run(join(bin, 'tsc'), ['-p', consumer], { env }).catch((error) => error)
  expect(compiled.stdout).toBe('')
  expect(compiled.code).toBeUndefined()
}
