import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { inject } from 'vitest'
import { childEnvironment } from '../support/processes/environment.ts'
import { isLongRun } from '../support/size.ts'
import { isHostFree, runInHost } from './command-host.ts'

/** The result of a run of the command. */
export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A running command. */
export interface Running {
  readonly child: ChildProcess
  stdout(): string
  stderr(): string
  readonly ended: Promise<Ended>
}

/** Environment variables of a process. */
export type Environment = Readonly<Record<string, string>>

/** Starts `hedge` as a shell does, with only the given environment, and with `input` piped into it. */
export function startHedge(
  args: readonly string[],
  env: Environment = {},
  input?: string,
): Running {
  const child = spawn(process.execPath, [inject('programs').cli, ...args], {
    env: wholeEnvironment(env),
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  })
  child.stdin?.end(input)
  let stdout = ''
  let stderr = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout += chunk.toString()
  })
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
  })
  const ended = once(child, 'close').then(() => ({ code: child.exitCode, stdout, stderr }))
  return { child, stdout: () => stdout, stderr: () => stderr, ended }
}

/**
 * Runs `hedge` to its end. In `npm test` most commands share a process. Input, and variables that Node or a library
 * may read at the start, need a process of their own.
 */
export async function hedge(
  args: readonly string[],
  env: Environment = {},
  input?: string,
): Promise<Ended> {
  const isOrdinary = Object.keys(env).every((name) => /^(HEDGE_|DATABASE_URL$)/.test(name))
  if (!isLongRun && isOrdinary && input === undefined && isHostFree()) {
    return await runInHost({ args, env: wholeEnvironment(env) })
  }
  return await startHedge(args, env, input).ended
}

/** The environment of a command: of this process, only what every program needs. */
const wholeEnvironment = (env: Environment): Environment => ({
  ...childEnvironment,
  HEDGE_DATA_DIR: '/nonexistent',
  ...env,
})

/** The variables that `hedge` needs for a server. */
export function environmentOf(server: { url: string; secretKey: string }): Environment {
  return { HEDGE_BASE_URL: server.url, HEDGE_API_SECRET: server.secretKey }
}
