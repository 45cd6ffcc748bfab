import { once } from 'node:events'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { until } from '../support/until.ts'
import { type Installed, installPacked, runClean } from './packed.ts'
import { nodes, processesIn, serve } from './serve.ts'

let installed: Installed
let folder: string

beforeAll(async () => {
  installed = await installPacked()
  folder = await installed.makeFolder('programs')
  await cp(join(import.meta.dirname, 'shop.mjs'), join(folder, 'shop.mjs'))
})

describe.each(nodes)('on Node %s', (version, nodeOf) => {
  test('a new user starts the server, pays, cancels, verifies the webhook, and stops the server', async () => {
    const node = nodeOf(installed)
    const { env, stop, dataDir } = await serve(installed, node, version)
    expect(await runClean(node, ['shop.mjs'], { cwd: folder, env })).toBe(
      'initiated canceled payment.canceled true\n',
    )
    const page = await fetch(`${env.HEDGE_BASE_URL}/dashboard`)
    expect([page.status, await page.text()]).toEqual([
      200,
      expect.stringContaining('/dashboard/assets/'),
    ])
    expect(await stop()).toBe(0)
    expect(processesIn(dataDir)).toEqual([])
  })

  test('a server that is killed leaves no process behind', async () => {
    const { child, dataDir } = await serve(installed, nodeOf(installed), `killed-${version}`)
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
    const { project: cwd } = installed
    const node = nodeOf(installed)
    expect(await runClean(node, ['-e', code], { cwd })).toBe('function sandbox\n')
    const help = await runClean(node, ['node_modules/.bin/hedge', '--help'], { cwd })
    expect(help).toContain('hedge serve')
  })
})
