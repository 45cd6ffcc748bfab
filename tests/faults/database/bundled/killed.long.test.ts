import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  end,
  homeOf,
  isPostgres,
  launchServer,
  postgresPid,
  query,
  removeData,
} from '../../../support/databases/postgres-server.ts'
import { until } from '../../../support/until.ts'
import { DataFolder, recall, remember } from './data-folder.ts'

const place = new DataFolder()

describe('after a kill -9', () => {
  test('of the server, the next start takes over the running PostgreSQL with its data', async () => {
    const server = await place.serve()
    await remember(server.url)
    const pid = await place.pidOfPostgres()
    await end(server.child, 'SIGKILL')

    const next = await place.start()
    expect(await place.pidOfPostgres()).toBe(pid)
    expect(await recall(next.url)).toEqual([42])
    await next.stop()
    expect(await isPostgres(pid, await homeOf(place.dataDir))).toBe(false)
  })

  test('of the server and its PostgreSQL, the next start recovers the data', async () => {
    const server = await place.serve()
    await remember(server.url)
    const pid = await place.pidOfPostgres()
    await end(server.child, 'SIGKILL')
    process.kill(pid, 'SIGKILL')

    const { url, stop } = await place.start()
    expect(await place.pidOfPostgres()).not.toBe(pid)
    expect(await recall(url)).toEqual([42])
    await stop()
  })

  test('of PostgreSQL alone, the server restarts it at the same address', async () => {
    const { url, stop } = await place.start()
    await remember(url)
    const pid = await place.pidOfPostgres()
    process.kill(pid, 'SIGKILL')
    await until('PostgreSQL is up again', async () =>
      place.messages.some((message) => message.includes('is up again')),
    )
    expect(await place.pidOfPostgres()).not.toBe(pid)
    expect(await recall(url)).toEqual([42])
    await stop()
    expect(await postgresPid(place.dataDir)).toBeUndefined()
  })

  test('during initdb, the next start runs initdb again', async () => {
    const isMade = (path: string) =>
      stat(path).then(
        () => true,
        () => false,
      )
    const isHalfDone = async () => {
      const names = await readdir(join(place.dataDir, 'postgres')).catch(() => [])
      const partial = names.find((name) => name.startsWith('data.partial-'))
      return partial
        ? await isMade(join(place.dataDir, 'postgres', partial, 'data', 'base'))
        : false
    }
    const isDone = () => isMade(join(place.dataDir, 'postgres', 'data'))
    // On a busy machine initdb may end before the kill. Then the test starts again.
    for (let tries = 1; ; tries++) {
      const child = launchServer({ dataDir: place.dataDir })
      await until('initdb has begun', async () => (await isHalfDone()) || (await isDone()))
      await end(child, 'SIGKILL')
      if (!(await isDone())) break
      if (tries === 5) throw new Error('initdb was always over before it could be killed')
      await removeData(place.dataDir)
    }

    const { url, stop } = await place.start()
    expect(await query(url, 'SELECT 1')).toEqual([1])
    await stop()
    const names = await readdir(join(place.dataDir, 'postgres'))
    expect(names.filter((name) => name.includes('partial'))).toEqual([])
  })
})
