// `npm run smoke`: checks the README's promise that `npm start` works without any settings: it starts
// the server in an empty folder, checks its health, and stops it with SIGTERM.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** Enough for a slow, busy machine that unpacks PostgreSQL for the first time. */
const readyTimeoutMs = 300_000
/** Longer than the server waits for requests in flight before it stops. */
const stopTimeoutMs = 120_000

const readyLine = /^Hedge Payments is ready at (http:\/\/127\.0\.0\.1:\d+)\/?$/

const dataDir = await mkdtemp(join(tmpdir(), 'hedge-smoke-'))
const { DATABASE_URL: _, ...environment } = process.env
const server = spawn('npm', ['start'], {
  env: { ...environment, PORT: '0', HEDGE_DATA_DIR: dataDir },
  stdio: ['ignore', 'pipe', 'inherit'],
  // A separate process group, so that server and database can be killed together after a failure.
  detached: true,
})
const exited = once(server, 'exit') as Promise<[number | null, NodeJS.Signals | null]>

try {
  const startedAt = performance.now()
  const url = await within(readyTimeoutMs, 'becoming ready', readyUrl(server))
  console.log(`smoke: ready after ${Math.round(performance.now() - startedAt)} ms at ${url}`)
  await expectOk(`${url}/healthz`)
  await expectOk(`${url}/readyz`)
  server.kill('SIGTERM')
  const [code, signal] = await within(stopTimeoutMs, 'stopping', exited)
  if (code !== 0) throw new Error(`npm start ended with ${signal ?? `code ${code}`} after SIGTERM`)
  console.log('smoke: answered, and stopped cleanly on SIGTERM')
} catch (error) {
  console.error(`smoke: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
} finally {
  killGroup(server)
  await rm(dataDir, { recursive: true, force: true })
}

/** Resolves to the address in the server's ready line; its other output passes through. */
function readyUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    if (!child.stdout) throw new Error('npm start has no output to read')
    createInterface({ input: child.stdout }).on('line', (line) => {
      console.log(line)
      const url = readyLine.exec(line)?.[1]
      if (url) resolve(url)
    })
    child.once('error', reject)
    child.once('exit', (code) =>
      reject(new Error(`npm start ended with ${code} before it was ready`)),
    )
  })
}

async function expectOk(url: string): Promise<void> {
  const response = await fetch(url, { signal: AbortSignal.timeout(5_000) })
  if (response.status !== 200) throw new Error(`GET ${url} answered ${response.status}`)
}

async function within<T>(timeoutMs: number, what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took over ${timeoutMs} ms`)), timeoutMs)
  })
  return Promise.race([work, timeout]).finally(() => clearTimeout(timer))
}

/** Kills the whole process group: the server may still run after npm has ended. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch (error) {
    // ESRCH: no process of the group is left.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
