import { spawn } from 'node:child_process'
import { chown, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { end, homeOf, query } from '../../../support/databases/postgres-server.ts'
import { account, DataFolder, recall, remember } from './data-folder.ts'

const place = new DataFolder()

describe('a data folder', () => {
  test('serves one server: a second one fails at once, names the first, and changes nothing', async () => {
    const first = await place.serve()
    const second = place.start()
    await expect(second).rejects.toThrow(`already in use by process ${first.child.pid}`)
    await expect(second).rejects.toThrow(/DATABASE_URL or HEDGE_DATA_DIR/)
    expect(await query(first.url, 'SELECT 1')).toEqual([1])
  })

  test('serves exactly one of several servers that start at the same time', async () => {
    const all = await Promise.all([place.serve(), place.serve(), place.serve()])
    const winners = all.filter(({ url }) => url !== '')
    const losers = all.filter(({ error }) => error.includes('already in use by process'))
    expect([winners.length, losers.length]).toEqual([1, 2])
    expect(await query(winners[0]?.url ?? '', 'SELECT 1')).toEqual([1])
  })

  test('can be used although its pid files name a process of another program', async () => {
    const { url, stop } = await place.start()
    await remember(url)
    const home = await homeOf(place.dataDir)
    const files = [join(home, 'data', 'postmaster.pid'), join(home, 'run', '.s.PGSQL.5432.lock')]
    const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')))
    await stop()
    // A process of the same user; PostgreSQL ignores those of others.
    const identity = account ? { uid: account.uid, gid: account.gid } : {}
    const foreigner = spawn('sleep', ['600'], { stdio: 'ignore', ...identity })
    try {
      for (const [index, file] of files.entries()) {
        const [, ...rest] = texts[index]?.split('\n') ?? []
        await writeFile(file, [foreigner.pid, ...rest].join('\n'))
        if (account) await chown(file, account.uid, account.gid)
      }
      const next = await place.start()
      expect(await recall(next.url)).toEqual([42])
      await next.stop()
      expect(foreigner.exitCode ?? foreigner.signalCode).toBeNull()
    } finally {
      await end(foreigner, 'SIGKILL')
    }
  })

  test('of another major version is refused and not changed', async () => {
    await (await place.start()).stop()
    const file = join(await homeOf(place.dataDir), 'data', 'PG_VERSION')
    await writeFile(file, '17\n')
    await expect(place.start()).rejects.toThrow(/was written by PostgreSQL 17/)
    expect(await readFile(file, 'utf8')).toBe('17\n')
  })

  test('with foreign files is refused and not changed', async () => {
    const file = join(place.dataDir, 'postgres', 'data', 'thesis.txt')
    await mkdir(join(file, '..'), { recursive: true })
    await writeFile(file, 'dear')
    if (account) await chown(join(file, '..'), account.uid, account.gid)
    await expect(place.start()).rejects.toThrow(/is in the way/)
    expect(await readFile(file, 'utf8')).toBe('dear')
  })

  test('that PostgreSQL refuses is reported with the message of PostgreSQL', async () => {
    await expect(place.start({ shared_buffers: 'plenty' })).rejects.toThrow(
      /"shared_buffers": "plenty"/,
    )
  })
})
