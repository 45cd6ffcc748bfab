import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'

const mainFile = join(import.meta.dirname, '../../packages/server/src/main.ts')

/** The secret key of every demo server. */
export const secretKey = 'sk_test_OnlyForTheScreenshotsOfHedge'

/** A server with an empty database in a temporary folder. */
export interface DemoServer {
  readonly url: string
  /** Stops the server and removes its data. */
  stop(): Promise<void>
}

/** Starts a server on a free port. @throws if it ends before it is ready. */
export async function startDemoServer(): Promise<DemoServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'hedge-pictures-'))
  const server = spawn(process.execPath, [mainFile], {
    env: {
      PATH: process.env.PATH,
      PORT: '0',
      HEDGE_DATA_DIR: dataDir,
      HEDGE_API_SECRET: secretKey,
      LOG_LEVEL: 'fatal',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(server, 'exit')
  const url = await readUrl(createInterface({ input: server.stdout }))
  server.stdout.resume()
  return {
    url,
    async stop() {
      server.kill('SIGTERM')
      await exited
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

async function readUrl(lines: Interface): Promise<string> {
  for await (const line of lines) {
    const url = /^Hedge Payments is ready at (\S+)$/.exec(line)?.[1]
    if (url) return url
  }
  throw new Error('the server did not start')
}

/** The answer to one request. */
export interface Answer<T> {
  readonly status: number
  readonly body: T
}

/** Sends one request with the secret key. A refusal is an answer too. */
export async function send<T>(url: string, path: string, body?: object): Promise<Answer<T>> {
  const response = await fetch(url + path, {
    method: body ? 'POST' : 'GET',
    headers: {
      authorization: `Bearer ${secretKey}`,
      ...(body ? { 'content-type': 'application/json' } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  return { status: response.status, body: (await response.json()) as T }
}

/** Sends one request that must succeed, and returns its body. @throws for a refusal. */
export async function request<T>(url: string, path: string, body?: object): Promise<T> {
  const answer = await send<T>(url, path, body)
  if (answer.status < 300) return answer.body
  throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
}
