import { type ChildProcess, spawn } from 'node:child_process'
import { constants } from 'node:fs'
import { open, readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Binaries } from './binaries.ts'
import { BundledPostgresError } from './failure.ts'
import type { Home } from './home.ts'
import { isPostgresOf } from './process.ts'
import { cannotStart, environment, identity, run, tail } from './program.ts'
import { type Listening, socketPath } from './settings.ts'

/** A PostgreSQL of this home that runs, as its postmaster.pid describes it. */
export type Postmaster = { pid: number; port: number; socketFolder: string | undefined }

/** Often enough not to be noticed in a start of half a second. */
const pollMs = 10

/** Recovery after a crash replays up to max_wal_size, which takes a slow disk a few minutes. */
const startTimeoutMs = 10 * 60_000

/** How long connections may take to roll back, and the last checkpoint to be written. */
const stopTimeoutSeconds = 60

/** The PostgreSQL that runs on this home, whoever started it. */
export async function findPostmaster(home: Home): Promise<Postmaster | undefined> {
  const data = join(home.folder, 'data')
  const text = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')
  const [pid, , , port, socketFolder] = text.split('\n')
  if (!pid || !(await isPostgresOf(Number(pid), data))) return undefined
  return { pid: Number(pid), port: Number(port), socketFolder: socketFolder || undefined }
}

/**
 * Starts PostgreSQL and waits until it accepts connections, or until it is clear that it has to be
 * looked for again, because another process started one on the same home at the same moment. Then
 * it resolves to what PostgreSQL said about that.
 * Throws BundledPostgresError, with PostgreSQL's own words, when it fails.
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
      const said = await lastWords(home, logFile)
      if (said.includes('lock file "postmaster.pid" already exists')) return said
      // The children of a killed PostgreSQL take a moment to notice, and this one must not join them.
      if (said.includes('pre-existing shared memory block')) {
        await sleep(pollMs * 10)
        return said
      }
      throw new BundledPostgresError(`PostgreSQL in ${home.folder} did not start:\n${said}`)
    }
    await sleep(pollMs)
  }
  throw new BundledPostgresError(
    `PostgreSQL in ${home.folder} was not ready after ${startTimeoutMs / 60_000} minutes:\n` +
      (await lastWords(home, logFile)),
  )
}

/**
 * Stops a running PostgreSQL and waits until it is gone: transactions in progress are rolled back,
 * everything is written. Only one that does not react is made to stop at once, and recovers when
 * it is started again.
 */
export async function stopPostmaster(home: Home, binaries: Binaries): Promise<void> {
  const data = join(home.folder, 'data')
  for (const mode of ['fast', 'immediate']) {
    // pg_ctl rather than a signal of our own: it can ask for a clean shutdown on Windows as well.
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
 * PostgreSQL declines to start while the process named in its pid file, or in the lock of its socket,
 * exists, also when that number has long been given to another program. Naming ourselves there lets
 * it go on (it expects to find its parent) and still check that no process of the old cluster lives,
 * which deleting the file would prevent.
 */
async function disownStaleFiles(home: Home, listening: Listening): Promise<void> {
  const files = [join(home.folder, 'data', 'postmaster.pid')]
  const socket = socketPath(listening)
  if (socket) files.push(`${socket}.lock`)
  for (const file of files) {
    // The folder is the account's: as root, never write through a link.
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
  // On Windows pg_ctl drops an administrator's rights, with which PostgreSQL refuses to run.
  const program = join(binaries.folder, isWindows ? 'pg_ctl' : 'postgres')
  const args = isWindows ? ['start', '-W', '-D', home.folder] : ['-D', home.folder]
  // A file, because a pipe would break with us, and PostgreSQL may outlive a killed server.
  const output = await open(logFile, 'w', 0o600)
  try {
    return await new Promise((resolve, reject) => {
      const child = spawn(program, args, {
        cwd: home.folder,
        env: environment(),
        stdio: ['ignore', output.fd, output.fd],
        // Out of reach of Ctrl-C: the server finishes its requests first, and then stops it.
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

/** What PostgreSQL said last: first on its standard error, later in its newest log file. */
async function lastWords(home: Home, logFile: string): Promise<string> {
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
