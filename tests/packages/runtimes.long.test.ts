import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../support/until.ts'
import { type Installed, installPacked, runClean } from './packed.ts'
import { type Served, serve } from './serve.ts'

let installed: Installed
let folder: string
let server: Served

beforeAll(async () => {
  installed = await installPacked()
  folder = await installed.makeFolder('runtimes')
  await cp(join(import.meta.dirname, 'shop.mjs'), join(folder, 'shop.mjs'))
  await cp(join(import.meta.dirname, 'worker'), folder, { recursive: true })
  server = await serve(installed, process.execPath, 'runtimes')
})

afterAll(() => server?.stop())

test.each([
  ['bun', ['shop.mjs']],
  ['deno', ['run', '--allow-all', '--node-modules-dir=manual', 'shop.mjs']],
])('the SDK pays, cancels and verifies a webhook on %s', async (name, args) => {
  const env = { ...server.env, PATH: `${installed.tool('.bin')}:/usr/bin:/bin` }
  expect(await runClean(installed.tool(`.bin/${name}`), args, { cwd: folder, env })).toBe(
    'initiated canceled payment.canceled true\n',
  )
})

/** Runs the worker on workerd. @returns its process and its URL. */
async function startWorker(): Promise<{ child: ChildProcess; url: string }> {
  const workerd = installed.tool('workerd/bin/workerd')
  // The worker's module for the SDK is embedded from the package, so it is the packed one.
  const args = ['serve', 'worker.capnp', '--control-fd=3']
  const child = spawn(workerd, args, {
    cwd: folder,
    env: { ...server.env },
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  })
  let [errors, control] = ['', '']
  child.stderr?.on('data', (chunk: Buffer) => {
    errors += chunk.toString()
  })
  const events = child.stdio[3] as Readable
  events.on('data', (chunk: Buffer) => {
    control += chunk.toString()
  })
  const port = await until('workerd listens', () => {
    if (child.exitCode !== null) throw new Error(`workerd ended:\n${errors}`)
    return /"port":(\d+)/.exec(control)?.[1]
  })
  return { child, url: `http://127.0.0.1:${port}` }
}

test('the SDK pays, cancels and verifies a webhook on workerd, where edge functions run', async () => {
  const { child, url } = await startWorker()
  try {
    const paid = await fetch(`${url}/cancel`, { method: 'POST' })
    expect([paid.status, await paid.text()]).toEqual([200, 'initiated canceled'])
    const text = await until('the webhook has arrived', async () => {
      const verified = await fetch(`${url}/verified`)
      return verified.status === 404 ? null : await verified.text()
    })
    expect(text).toBe('payment.canceled true SignatureMismatchError')
  } finally {
    child.kill('SIGTERM')
    await once(child, 'exit')
  }
})
