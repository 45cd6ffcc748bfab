import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { listClaims, readAddress } from './address.ts'
import { type Connection, reach } from './connection.ts'
import { openPlace, type Place } from './place.ts'

/** Hosts that end just when a client attaches. More in a row means that something stops them. */
const attemptsMax = 10

/** A server that runs at least until `leave`. */
export interface Attached {
  readonly url: string
  readonly apiSecret: string
  /** Calls back when the host has ended, or after `leave`. */
  onEnd(callback: () => void): void
  leave(): void
}

/**
 * Attaches to the host of this project, and starts one if there is none.
 *
 * @throws {Error} if the server cannot start, with its reason.
 */
export async function attach(): Promise<Attached> {
  const place = await openPlace()
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const connection = await findHost(place)
    if (connection === undefined) {
      await launchHost(place)
      continue
    }
    const server = await connection.ready()
    if (server) return { ...server, onEnd: connection.onEnd, leave: () => connection.close() }
  }
  throw new Error(`startSandbox: the server ended ${attemptsMax} times while it started`)
}

async function findHost(place: Place): Promise<Connection | undefined> {
  for (const claim of await listClaims(place)) {
    const address = await readAddress(claim)
    const connection = address && (await reach(address))
    if (connection) return connection
  }
  return undefined
}

/** Starts a host, and waits until it has claimed the place or has found that another one did. */
async function launchHost(place: Place): Promise<void> {
  const child = spawn(process.execPath, [...nodeOptions(), JSON.stringify(place)], {
    // A folder in use cannot be removed on Windows, so it runs in none of the user's or its own.
    cwd: dirname(place.folder),
    env: environment(),
    stdio: ['ignore', 'pipe', 'pipe'],
    // It outlives this process, and Ctrl-C in the terminal reaches only the clients.
    detached: true,
    windowsHide: true,
  })
  let errors = ''
  child.stderr.on('data', (chunk: Buffer) => {
    errors = (errors + chunk.toString()).slice(-4_000)
  })
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject)
    child.stdout.once('data', () => resolve())
    child.once('exit', (code) => {
      const reason = errors.trim() || `It ended with ${code}.`
      reject(new Error(`startSandbox: the server's process did not start. ${reason}`))
    })
  })
  child.unref()
  child.stdout.destroy()
  child.stderr.destroy()
}

function nodeOptions(): string[] {
  const here = dirname(fileURLToPath(import.meta.url))
  const built = join(here, 'host.js')
  if (existsSync(built)) return [built]
  // In the repository of this package, its sources run without a build.
  return ['--conditions=hedge-source', join(here, '../host.ts')]
}

/**
 * Without the options of the test runner, which may load hooks or measure coverage, and without a proxy
 * for the webhooks to 127.0.0.1.
 */
function environment(): NodeJS.ProcessEnv {
  const {
    NODE_OPTIONS: _options,
    NODE_V8_COVERAGE: _coverage,
    NODE_USE_ENV_PROXY: _proxy,
    ...rest
  } = process.env
  return rest
}
