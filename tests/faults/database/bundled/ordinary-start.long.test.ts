import { readdir, readFile, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'
import pg from 'pg'
import { describe, expect, test } from 'vitest'
import { startBundledPostgres } from '../../../../packages/bundled-postgres/src/start.ts'
import {
  homeOf,
  isPostgres,
  postgresPid,
  query,
} from '../../../support/databases/postgres-server.ts'
import { DataFolder, recall, remember } from './data-folder.ts'

const place = new DataFolder()

describe('an ordinary start', () => {
  test('creates a durable database, and uses it again at the next start', async () => {
    const first = await place.start()
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

    const second = await place.start()
    expect(await recall(second.url)).toEqual([42])
    expect(second.url).toBe(first.url)
    await second.stop()
  })

  test('leaves no process and no pid file after a stop', async () => {
    const database = await place.start()
    const pid = await place.pidOfPostgres()
    await database.stop()
    await database.stop()
    expect(await isPostgres(pid, await homeOf(place.dataDir))).toBe(false)
    expect(await postgresPid(place.dataDir)).toBeUndefined()
  })

  test('refuses clients without the password, and does not listen on the network', async () => {
    const { url, stop } = await place.start()
    const wrong = url.replace(/:[^:@]+@/, ':wrong@')
    await expect(query(wrong, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' })
    expect(await query(url, 'SHOW listen_addresses')).toEqual([''])
    const home = await homeOf(place.dataDir)
    expect((await stat(join(home, 'password'))).mode & 0o777).toBe(0o600)
    expect((await stat(join(home, 'data'))).mode & 0o777).toBe(0o700)
    expect((await stat(join(home, 'run'))).mode & 0o777).toBe(0o700)
    await stop()
  })

  test('works in a relative folder with a path that is too long for a socket', async () => {
    place.dataDir = join(place.folder, 'long'.repeat(30), "it's, a \\ folder", '.hedge')
    const database = await startBundledPostgres({
      dataDir: relative(process.cwd(), place.dataDir),
      log: (message) => place.messages.push(message),
    })
    const socketFolder = new URL(database.url).searchParams.get('host') ?? ''
    expect((await stat(socketFolder)).mode & 0o777).toBe(0o700)
    expect(await query(database.url, 'SELECT 1')).toEqual([1])
    await database.stop()
    await expect(stat(socketFolder)).rejects.toMatchObject({ code: 'ENOENT' })
  })

  test('logs no values of statements', async () => {
    const { url, stop } = await place.start()
    await query(url, 'CREATE TABLE people (email text PRIMARY KEY)')
    const insert = "INSERT INTO people VALUES ('somebody@example.com')"
    await query(url, insert)
    await expect(query(url, insert)).rejects.toMatchObject({ code: '23505' })
    await stop()
    const logs = join(await homeOf(place.dataDir), 'log')
    const texts = await Promise.all((await readdir(logs)).map((name) => readFile(join(logs, name))))
    expect(texts.join()).toContain('duplicate key')
    expect(texts.join()).not.toContain('somebody')
  })
})
