import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { cp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { until } from '../support/until.ts'
import { type Installed, installPacked } from './packed.ts'

let installed: Installed

beforeAll(async () => {
  installed = await installPacked(['node', 'server', 'cli'])
  await cp(join(import.meta.dirname, 'shop.mjs'), join(installed.project, 'shop.mjs'))
})

afterAll(() => installed?.remove())

const nodes = [
  ['20', () => installed.tool('node20/bin/node')],
  ['22', () => installed.tool('node22/bin/node')],
  ['24', () => process.execPath],
] as const

interface Started {
  readonly child: ChildProcess
  readonly env: Record<string, string>
}

/** Runs `hedge serve` of the installed package with a new data folder. */
async function serve(node: string, dataDir: string): Promise<Started> {
  const bin = join(installed.project, 'node_modules/.bin/hedge')
  const child = spawn(node, [bin, 'serve', '--port', '0', '--data-dir', dataDir], {
    cwd: installed.project,
    env: { PATH: '/usr/bin:/bin', LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
  }
  const env = await until('the server is ready', () => {
    if (child.exitCode !== null) throw new Error(`hedge serve ended:\n${output}`)
    const url = /is ready at (\S+)/.exec(output)?.[1]
    const secret = /secret key +(sk_test_\w+)/.exec(output)?.[1]
    return url && secret ? { HEDGE_BASE_URL: url, HEDGE_API_SECRET: secret } : null
  })
  return { child, env }
}

/**
 * The processes with a data folder in their command line. Started by root, PostgreSQL may have its data
 * elsewhere: a file in the data folder says where.
 */
function processesIn(dataDir: string): string[] {
  const location = join(dataDir, 'postgres.location')
  const folders = [dataDir, existsSync(location) ? readFileSync(location, 'utf8').trim() : dataDir]
  return readdirSync('/proc').filter((pid) => {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      return /^\d+$/.test(pid) && folders.some((folder) => command.includes(folder))
    } catch {
      return false
    }
  })
}

describe.each(nodes)('on Node %s', (version, node) => {
  test('a new user starts the server, pays, cancels, verifies the webhook, and stops it', async () => {
    const dataDir = join(installed.project, `data-${version}`)
    const { child, env } = await serve(node(), dataDir)
    expect(await installed.run(node(), ['shop.mjs'], env)).toBe(
      'initiated canceled payment.canceled true\n',
    )
    const page = await fetch(`${env.HEDGE_BASE_URL}/dashboard`)
    expect([page.status, await page.text()]).toEqual([
      200,
      expect.stringContaining('/dashboard/assets/'),
    ])
    child.kill('SIGTERM')
    const [code] = await once(child, 'exit')
    expect(code).toBe(0)
    expect(processesIn(dataDir)).toEqual([])
  })

  test('a server that is killed leaves no process behind', async () => {
    const dataDir = join(installed.project, `killed-${version}`)
    const { child } = await serve(node(), dataDir)
    expect(processesIn(dataDir).length).toBeGreaterThan(1)
    child.kill('SIGKILL')
    await once(child, 'exit')
    await until('PostgreSQL has ended', () => processesIn(dataDir).length === 0)
  })

  test('the SDK loads with import and require, and the CLI prints its help', async () => {
    const code = `
      const { HedgePayments } = require('@hedgepayments/node')
      import('@hedgepayments/node').then((module) => {
        const hedge = new module.HedgePayments({ apiSecret: 'sk_test_1' })
        console.log(typeof HedgePayments, hedge.environment)
      })`
    expect(await installed.run(node(), ['-e', code])).toBe('function sandbox\n')
    const help = await installed.run(node(), ['node_modules/.bin/hedge', '--help'])
    expect(help).toContain('hedge serve')
  })
})

describe('types', () => {
  const program = `
    import { HedgePayments, type Payment } from '@hedgepayments/node'
    const hedge = new HedgePayments({ apiSecret: 'sk_test_1' })
    export async function cancel(id: string): Promise<Payment> {
      for await (const payment of hedge.payments.list({ status: 'pending' })) await hedge.payments.cancel(payment.id)
      const event = hedge.webhooks.verify('{}', 't=1,v1=00', 'whsec_1')
      if (event.type === 'payment.canceled') return event.data
      return await hedge.payments.cancel(id, { reason: 'customer_requested' })
    }`
  const compilers = ['typescript-5.0', 'typescript-5.9', 'typescript-6'] as const
  const resolutions = [
    { module: 'commonjs', moduleResolution: 'node10' },
    { module: 'node16', moduleResolution: 'node16' },
    { module: 'nodenext', moduleResolution: 'nodenext' },
    { module: 'esnext', moduleResolution: 'bundler' },
  ]
  const cases = compilers.flatMap((compiler) =>
    resolutions.flatMap((resolution) =>
      ['use.ts', 'use.mts', 'use.cts'].map((file) => ({ compiler, file, ...resolution })),
    ),
  )

  test.each(cases)(
    '$compiler checks $file with $moduleResolution, strict and without skipLibCheck',
    async ({ compiler, file, ...resolution }) => {
      await writeFile(join(installed.project, file), program)
      const config = {
        compilerOptions: {
          ...resolution,
          target: 'es2022',
          lib: ['es2022', 'dom', 'dom.iterable'],
          types: [],
          strict: true,
          noEmit: true,
          skipLibCheck: false,
          // TypeScript 6 still reads node10, and says that it will not for long.
          ...(compiler === 'typescript-6' ? { ignoreDeprecations: '6.0' } : {}),
        },
        files: [file],
      }
      const name = 'tsconfig.json'
      await writeFile(join(installed.project, name), JSON.stringify(config))
      const tsc = installed.tool(`${compiler}/bin/tsc`)
      const output = await installed
        .run(process.execPath, [tsc, '-p', name])
        .catch((error) => error.stdout)
      expect(output).toBe('')
    },
  )
})

describe('elsewhere', () => {
  test.each(['node', 'jsdom'])(
    'Jest loads and uses the CommonJS build in its %s environment',
    async (name) => {
      const environment = name === 'node' ? 'node' : installed.tool('jest-environment-jsdom')
      await writeFile(
        join(installed.project, 'shop.test.js'),
        `/** @jest-environment ${environment} */
      const { HedgePayments, verifyWebhook, ConfigurationError } = require('@hedgepayments/node')
      test('the SDK works', () => {
        expect(typeof HedgePayments).toBe('function')
        expect(() => verifyWebhook('{}', 't=1,v1=00', ' ')).toThrow(ConfigurationError)
        expect(() => verifyWebhook('{}', 't=1,v1=00', 'whsec_1')).toThrow(/Signature/)
      })`,
      )
      const jest = installed.tool('jest/bin/jest.js')
      await installed.run(process.execPath, [jest, '--rootDir', installed.project, 'shop.test.js'])
    },
  )

  test.each(['bun', 'deno'])('the SDK pays and cancels on %s', async (name) => {
    const { child, env } = await serve(process.execPath, join(installed.project, `data-${name}`))
    const args =
      name === 'bun'
        ? ['shop.mjs']
        : ['run', '--allow-all', '--node-modules-dir=manual', 'shop.mjs']
    const output = await installed.run(installed.tool(`.bin/${name}`), args, {
      ...env,
      PATH: `${installed.tool('.bin')}:/usr/bin:/bin`,
    })
    expect(output).toBe('initiated canceled payment.canceled true\n')
    child.kill('SIGTERM')
    await once(child, 'exit')
  })
})
