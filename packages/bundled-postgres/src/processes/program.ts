import { spawn } from 'node:child_process'
import { BundledPostgresError } from '../failure.ts'
import type { Account } from './account.ts'

/**
 * Runs one of PostgreSQL's programs to its end, without a shell.
 *
 * @throws {BundledPostgresError} when the program cannot be started.
 */
export async function run(options: {
  program: string
  args: string[]
  folder: string
  account: Account | undefined
}): Promise<{ code: number | null; output: string }> {
  const { program, args, folder, account } = options
  return await new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: folder,
      env: environment(),
      stdio: ['ignore', 'pipe', 'pipe'],
      // Ctrl-C in the terminal reaches the server only. The server stops PostgreSQL at its own end.
      detached: process.platform !== 'win32',
      windowsHide: true,
      ...identity(account),
    })
    let output = ''
    const gather = (chunk: Buffer) => {
      output = tail(output + chunk.toString())
    }
    child.stdout.on('data', gather)
    child.stderr.on('data', gather)
    child.on('error', (cause) => reject(cannotStart(program, account, cause)))
    child.on('close', (code) => resolve({ code, output }))
  })
}

/** The user and group of a child process; empty when it runs as the same user. */
export function identity(account: Account | undefined): { uid?: number; gid?: number } {
  return account ? { uid: account.uid, gid: account.gid } : {}
}

/**
 * The part of the environment that PostgreSQL gets. The rest contains secrets, and its PG… variables
 * would change how PostgreSQL runs.
 */
export function environment(): NodeJS.ProcessEnv {
  const kept = ['PATH', 'SystemRoot', 'TEMP', 'TMP'].flatMap((name) => {
    const value = process.env[name]
    return value === undefined ? [] : [[name, value]]
  })
  return { ...Object.fromEntries(kept), LC_ALL: 'C', TZ: 'UTC' }
}

/** The last lines of a program's output: enough to see why it failed. */
export function tail(text: string): string {
  return text.slice(-4000).split('\n').slice(-20).join('\n')
}

/** The error for a program of PostgreSQL that the system does not start. */
export function cannotStart(
  program: string,
  account: Account | undefined,
  cause: Error,
): BundledPostgresError {
  const user = account ? ` as user "${account.name}"` : ''
  return new BundledPostgresError(
    `${program} cannot be started${user} (${cause.message}). The bundled PostgreSQL needs a system ` +
      'with the GNU C library, and permission to change to that user when started by root. ' +
      'Otherwise set DATABASE_URL to a PostgreSQL of your own.',
    { cause },
  )
}
