import { type ChildProcess, spawn } from 'node:child_process'
import { constants } from 'node:fs'
import { open, readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { BundledPostgresError } from '../failure.ts'
import type { Binaries } from '../files/binaries.ts'
import type { Home } from '../files/home.ts'
import { type Listening, socketPath } from '../files/settings.ts'
import { isPostgresOf } from './process.ts'
import { cannotStart, environment, identity, run, tail } from './program.ts'

/** A running PostgreSQL of this home, as its postmaster.pid describes it. */
export type Postmaster = { pid: number; port: number; socketFolder: string | undefined }

/** Short, compared with a start of half a second. */
const pollMs = 10

/** Recovery after a crash replays up to max_wal_size, which takes a slow disk a few minutes. */
const startTimeoutMs = 10 * 60_000

/** Time for connections to roll back and for the last checkpoint. */
const stopTimeoutSeconds = 60

/** The PostgreSQL that runs on this home, whichever process started it. */
export async function findPostmaster(home: Home): Promise<Postmaster | undefined> {
  const data = join(home.folder, 'data')
  const text = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')
  const [pid, , , port, socketFolder] = text.split('\n')
  if (!pid || !(await isPostgresOf(Number(pid), data))) return undefined
  return { pid: Number(pid), port: Number(port), socketFolder: socketFolder || undefined }
}

/**
 * Starts PostgreSQL and waits until it accepts connections.
 *
 * @returns PostgreSQL's message when another process has started a PostgreSQL on the same home at the
 *   same time: the caller finds that one. `undefined`: this start succeeded.
 * @throws {BundledPostgresError} with PostgreSQL's own message, when the start fails.
 */
export async function startPostmaster(options: {
  home: Home
  binaries: Binaries
  listening: Listening
}): Promise<string | undefined> {
  const { home, binaries, listening } = options
  await disownStaleFiles(home, listening)
  const logFile = join(home.folder, 'startup.log')
  const child = await launch({ home, binaries, logFile })
  const deadline = Date.now() + startTimeoutMs
  while (Date.now() < deadline) {
    if (await isReady(home, child)) return undefined
    if (hasFailed(child)) {
      const message = await readLastMessages(home, logFile)
      if (message.includes('lock file "postmaster.pid" already exists')) return message
      // The children of a killed PostgreSQL end a little later. A new one must not start beside them.
      if (message.includes('pre-existing shared memory block')) {
        await sleep(pollMs * 10)
        return message
      }
      throw new BundledPostgresError(`PostgreSQL in ${home.folder} did not start:\n${message}`)
    }
    await sleep(pollMs)
  }
  throw new BundledPostgresError(
    `PostgreSQL in ${home.folder} was not ready after ${startTimeoutMs / 60_000} minutes:\n` +
      (await readLastMessages(home, logFile)),
  )
}

/**
 * Stops a running PostgreSQL and waits until it has ended: transactions in progress are rolled back,
 * and everything is written. A PostgreSQL that does not react is stopped immediately, and recovers at
 * its next start.
 */
export async function stopPostmaster(home: Home, binaries: Binaries): Promise<void> {
  const data = join(home.folder, 'data')
  for (const mode of ['fast', 'immediate']) {
    // pg_ctl instead of a signal: it can request a clean shutdown on Windows as well.
    const { code, output } = await run({
      program: join(binaries.folder, 'pg_ctl'),
      args: ['stop', '-D', data, '-m', mode, '-w', '-t', String(stopTimeoutSeconds)],
      folder: home.folder,
      account: home.account,
    })
    if (code === 0 || !(await findPostmaster(home))) return
    if (mode === 'immediate') {
      throw new BundledPostgresError(`PostgreSQL in ${home.folder} does not stop:\n${tail(output)}`)
    }
  }
}

/**
 * PostgreSQL refuses to start while the process named in its pid file, or in the lock of its socket,
 * exists, also when another program reuses that process id. So this process writes its own id there,
 * which PostgreSQL accepts as its parent's. PostgreSQL then still checks that no process of the old
 * cluster is alive. Deleting the file would prevent that check.
 */
async function disownStaleFiles(home: Home, listening: Listening): Promise<void> {
  const files = [join(home.folder, 'data', 'postmaster.pid')]
  const socket = socketPath(listening)
  if (socket) files.push(`${socket}.lock`)
  for (const file of files) {
    // The folder belongs to the account, so root never writes through a link in it.
    const flags = constants.O_RDWR | (constants.O_NOFOLLOW ?? 0)
    const handle = await open(file, flags).catch(() => undefined)
    if (!handle) continue
    try {
      const [, ...rest] = (await handle.readFile('utf8')).split('\n')
      if (await findPostmaster(home)) return
      await handle.truncate()
      await handle.write([process.pid, ...rest].join('\n'), 0)
    } finally {
      await handle.close()
    }
  }
}

async function launch(options: {
  home: Home
  binaries: Binaries
  logFile: string
}): Promise<ChildProcess> {
  const { home, binaries, logFile } = options
  const isWindows = process.platform === 'win32'
  // On Windows, pg_ctl drops the rights of an administrator, with which PostgreSQL refuses to run.
  const program = join(binaries.folder, isWindows ? 'pg_ctl' : 'postgres')
  const args = isWindows ? ['start', '-W', '-D', home.folder] : ['-D', home.folder]
  // A file, because a pipe ends with this process, and PostgreSQL may outlive a killed server.
  const output = await open(logFile, 'w', 0o600)
  try {
    return await new Promise((resolve, reject) => {
      const child = spawn(program, args, {
        cwd: home.folder,
        env: environment(),
        stdio: ['ignore', output.fd, output.fd],
        // Ctrl-C does not reach it: the server finishes its requests first and then stops PostgreSQL.
        detached: true,
        windowsHide: true,
        ...identity(home.account),
      })
      child.once('spawn', () => resolve(child))
      child.once('error', (cause) => reject(cannotStart(program, home.account, cause)))
      child.unref()
    })
  } finally {
    await output.close()
  }
}

async function isReady(home: Home, child: ChildProcess): Promise<boolean> {
  const file = join(home.folder, 'data', 'postmaster.pid')
  const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n')
  const isOurs = process.platform === 'win32' || Number(lines[0]) === child.pid
  return isOurs && lines[7]?.trim() === 'ready'
}

function hasFailed(child: ChildProcess): boolean {
  if (process.platform === 'win32' && child.exitCode === 0) return false
  return child.exitCode !== null || child.signalCode !== null
}

/** PostgreSQL's last messages: first on its standard error, later in its newest log file. */
async function readLastMessages(home: Home, logFile: string): Promise<string> {
  const folder = join(home.folder, 'log')
  const names = await readdir(folder).catch(() => [])
  const dated = await Promise.all(
    names.map(async (name) => ({ name, time: (await stat(join(folder, name))).mtimeMs })),
  )
  const newest = dated.sort((one, other) => other.time - one.time)[0]
  const texts = await Promise.all([
    readFile(logFile, 'utf8').catch(() => ''),
    newest ? readFile(join(folder, newest.name), 'utf8').catch(() => '') : '',
  ])
  return texts.map(tail).join('').trim()
}
