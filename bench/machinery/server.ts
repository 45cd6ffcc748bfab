import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'

/** A server in a process of its own. */
export interface Server {
  readonly port: number
  readonly pid: number
  /** Memory that it holds, in MiB; NaN where the system does not say. */
  rssMiB(): Promise<number>
  stop(): Promise<void>
}

const bench = join(import.meta.dirname, '..')
const mainFile = join(bench, '../packages/server/src/main.ts')
const readyLine = /ready at http:\/\/127\.0\.0\.1:(\d+)|started on port (\d+)/

/** The server as users start it, with every setting at its default but where its database is. */
export function startServer(databaseUrl: string): Promise<Server> {
  return start(mainFile, [], databaseUrl)
}

/** The same, and when it has stopped there is a profile of it in `folder`. */
export function startProfiledServer(databaseUrl: string, folder: string): Promise<Server> {
  return start(mainFile, [], databaseUrl, 0, folder)
}

/** One of the programs of this folder that listen. */
export function startProgram(
  name: string,
  { args = [], databaseUrl }: { args?: string[]; databaseUrl?: string } = {},
): Promise<Server> {
  return start(join(bench, name), args, databaseUrl)
}

/** stripe-stateful-mock as its users start it, but on a free port. */
export async function startPeer(): Promise<Server> {
  const port = await findFreePort()
  const file = createRequire(import.meta.url).resolve('stripe-stateful-mock/dist/cli.js')
  return await start(file, [], undefined, port)
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** `BENCH_PROFILE=folder npm run bench`: every server leaves a profile there. */
async function start(
  file: string,
  args: string[],
  databaseUrl?: string,
  wantedPort = 0,
  profileFolder = process.env.BENCH_PROFILE,
): Promise<Server> {
  const profiling = profileFolder ? ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`] : []
  const child = spawn(process.execPath, [...profiling, file, ...args], {
    env: {
      PATH: process.env.PATH,
      PORT: String(wantedPort),
      ...(databaseUrl ? { DATABASE_URL: databaseUrl } : {}),
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
