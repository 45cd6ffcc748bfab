import { readFile, readlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { run } from './program.ts'

/** Whether a process with this id exists, of any user. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/**
 * Whether this process is the PostgreSQL of this data folder, and not another program that reuses
 * its process id. A process of another user is not: PostgreSQL runs as the folder's owner.
 */
export async function isPostgresOf(pid: number, dataFolder: string): Promise<boolean> {
  if (!isAlive(pid)) return false
  if (process.platform === 'linux') {
    // PostgreSQL moves to its data folder before it writes its pid file. A zombie has no folder.
    const [folder, name] = await Promise.all([
      readlink(`/proc/${pid}/cwd`).catch(() => ''),
      readFile(`/proc/${pid}/comm`, 'utf8').catch(() => ''),
    ])
    return folder === dataFolder && name.trim() === 'postgres'
  }
  const isWindows = process.platform === 'win32'
  const { output } = await run({
    program: isWindows ? 'tasklist' : 'ps',
    args: isWindows
      ? ['/FI', `PID eq ${pid}`, '/NH']
      : ['-ww', '-o', 'command=', '-p', String(pid)],
    folder: dataFolder,
    account: undefined,
  })
  return output.includes(isWindows ? 'postgres.exe' : `postgres -D ${dirname(dataFolder)}`)
}
