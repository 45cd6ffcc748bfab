import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Binaries } from '../files/binaries.ts'
import type { Home } from '../files/home.ts'
import { environment, identity } from './program.ts'

export interface Watchdog {
  /** Ends the watchdog without stopping PostgreSQL. */
  dismiss(): Promise<void>
}

/** `cat` ends when this process does, however that happens: the system then closes the pipe. */
const script = 'cat >/dev/null; exec "$0" stop -D "$1" -m fast -w -t 60'

/**
 * Starts a shell that waits until this process has ended and then shuts PostgreSQL down. On Windows
 * there is no such shell, and PostgreSQL goes on.
 */
export function startWatchdog(home: Home, binaries: Binaries): Watchdog | undefined {
  if (process.platform === 'win32') return undefined
  const stop = [join(binaries.folder, 'pg_ctl'), join(home.folder, 'data')]
  const child = spawn('/bin/sh', ['-c', script, ...stop], {
    cwd: home.folder,
    env: environment(),
    stdio: ['pipe', 'ignore', 'ignore'],
    // Ctrl-C in the terminal reaches this process only.
    detached: true,
    ...identity(home.account),
  })
  // Without a shell PostgreSQL goes on, as it does on Windows.
  child.on('error', () => undefined)
  child.unref()
  const pipe = child.stdin as typeof child.stdin & { unref?: () => void }
  pipe.unref?.()
  return {
    async dismiss() {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      // The whole group: `cat` holds the other end of the pipe.
      process.kill(-child.pid, 'SIGKILL')
      await ended
    },
  }
}
