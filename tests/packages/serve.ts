import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { until } from '../support/until.ts'
import type { Installed } from './packed.ts'

/** A server of the installed package. */
export interface Served {
  readonly child: ChildProcess
  readonly dataDir: string
  /** The environment variables of the SDK. */
  readonly env: { readonly HEDGE_BASE_URL: string; readonly HEDGE_API_SECRET: string }
  /** Stops it as a supervisor does. @returns its exit code. */
  stop(): Promise<number>
}

/** Every Node version that the packages support, with its program. */
export const nodes = [
  ['20', ({ tool }: Installed) => tool('node20/bin/node')],
  ['22', ({ tool }: Installed) => tool('node22/bin/node')],
  ['24', () => process.execPath],
] as const

/** Runs `hedge serve` of the installed package with a new data folder. */
export async function serve({ project }: Installed, node: string, name: string): Promise<Served> {
  const dataDir = join(project, `data-${name}`)
  const bin = join(project, 'node_modules/.bin/hedge')
  const child = spawn(node, [bin, 'serve', '--port', '0', '--data-dir', dataDir], {
    cwd: project,
    env: { PATH: '/usr/bin:/bin', LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
  }
  const env = await until('the server is ready', () => {
    if (child.exitCode !== null) throw new Error(`hedge serve ended:\n${output}`)
    const url = /is ready at (\S+)/.exec(output)?.[1]
    const secret = /secret key +(sk_test_\w+)/.exec(output)?.[1]
    return url && secret ? { HEDGE_BASE_URL: url, HEDGE_API_SECRET: secret } : null
  })
  const stop = async () => {
    child.kill('SIGTERM')
    const [code] = await once(child, 'exit')
    return code
  }
  return { child, dataDir, env, stop }
}

/**
 * The processes with a data folder in their command line. Started by root, PostgreSQL may have its data
 * elsewhere: a file in the data folder says where.
 */
export function processesIn(dataDir: string): string[] {
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
