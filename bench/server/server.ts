import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'

/** A running server process. */
export interface Server {
  readonly port: number
  readonly pid: number
  /** Resident memory in MiB; NaN where the system does not report it. */
  rssMiB(): Promise<number>
  stop(): Promise<void>
}

const mainFile = join(import.meta.dirname, '../../packages/server/src/main.ts')
const readyLine = /ready at http:\/\/127\.0\.0\.1:(\d+)|started on port (\d+)/

/**
 * Starts the server as users do: every setting but `DATABASE_URL` and those of `env` has its default. `file`
 * is the main file of another version.
 */
export function startServer(
  databaseUrl: string,
  env: Record<string, string> = {},
  file = mainFile,
): Promise<Server> {
  return start(file, { databaseUrl, env })
}

/** Starts the server with a profiler, which writes its profile to `folder` when the server stops. */
export function startProfiledServer(databaseUrl: string, folder: string): Promise<Server> {
  return start(mainFile, { databaseUrl, profileFolder: folder })
}

/** Starts a program of bench/rivals/ that listens. */
export function startRival(
  name: string,
  { databaseUrl }: { databaseUrl?: string } = {},
): Promise<Server> {
  return start(join(import.meta.dirname, '../rivals', name), { databaseUrl })
}

/** Starts stripe-stateful-mock as its users do, on a free port. */
export async function startPeer(): Promise<Server> {
  const port = await findFreePort()
  const file = createRequire(import.meta.url).resolve('stripe-stateful-mock/dist/cli.js')
  return await start(file, { port })
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

interface StartOptions {
  readonly databaseUrl?: string | undefined
  readonly env?: Readonly<Record<string, string>>
  /** 0: a free port. */
  readonly port?: number
  /** With `BENCH_PROFILE=folder npm run bench` every server writes a profile to that folder. */
  readonly profileFolder?: string | undefined
}

async function start(
  file: string,
  {
    databaseUrl,
    env = {},
    port: wantedPort = 0,
    profileFolder = process.env.BENCH_PROFILE,
  }: StartOptions,
): Promise<Server> {
  const profiling = profileFolder ? ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`] : []
  const child = spawn(process.execPath, [...profiling, file], {
    env: {
      PATH: process.env.PATH,
      PORT: String(wantedPort),
      ...(databaseUrl ? { DATABASE_URL: databaseUrl } : {}),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exited = once(child, 'exit')
  let log = ''
  child.stderr.on('data', (chunk: Buffer) => {
    log = (log + chunk.toString()).slice(-10_000)
  })
  const port = await Promise.race([
    readPort(child),
    exited.then(() => {
      throw new Error(`${file} did not start:\n${log}`)
    }),
  ])
  return {
    port,
    pid: child.pid ?? 0,
    rssMiB: () => readRss(child.pid),
    async stop() {
      child.kill('SIGTERM')
      await exited
    },
  }
}

async function readPort(child: ChildProcess): Promise<number> {
  return await new Promise((resolve) => {
    let output = ''
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString()
      const ready = readyLine.exec(output)
      if (ready) resolve(Number(ready[1] ?? ready[2]))
    })
  })
}

async function readRss(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN) / 1024
}
