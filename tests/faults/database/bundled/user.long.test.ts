import { chmod, mkdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  copyInstallation,
  homeOf,
  query,
  stopServer,
} from '../../../support/databases/postgres-server.ts'
import { account, canDropToAccount, DataFolder, isRoot, recall, remember } from './data-folder.ts'

const place = new DataFolder()

describe('the user of PostgreSQL', () => {
  test.runIf(isRoot)('is an unprivileged user if root starts the server', async () => {
    const { stop } = await place.start()
    const pid = await place.pidOfPostgres()
    expect((await stat(`/proc/${pid}`)).uid).toBe(account?.uid)
    expect((await stat(join(place.dataDir, 'postgres', 'data'))).uid).toBe(account?.uid)
    await stop()
  })

  test.runIf(canDropToAccount)(
    'is the user who starts the server, unless that is root',
    async () => {
      const uid = account?.uid ?? 0
      await chmod(place.folder, 0o777)
      const server = await place.serve({ uid })
      expect(server.error).toBe('')
      expect(await query(server.url, 'SELECT 1')).toEqual([1])
      expect((await stat(`/proc/${await place.pidOfPostgres()}`)).uid).toBe(uid)
      await remember(server.url)
      await stopServer(server)

      // If root starts the next server, the data keeps its owner.
      const { url, stop } = await place.start()
      expect(await recall(url)).toEqual([42])
      await stop()
    },
  )

  test.runIf(canDropToAccount)('can use a private data folder of root, with its data', async () => {
    await mkdir(place.dataDir, { mode: 0o700 })
    await chmod(place.dataDir, 0o700)
    const { stop } = await place.start()
    expect(await homeOf(place.dataDir)).toBe(join(place.dataDir, 'postgres'))
    expect((await stat(place.dataDir)).mode & 0o777).toBe(0o711)
    await stop()
  })

  test.runIf(isRoot)('can use a data folder inside a folder that only root can enter', async () => {
    const closed = join(place.folder, 'closed')
    await mkdir(closed, { mode: 0o700 })
    await chmod(closed, 0o700)
    const startModule = await copyInstallation(closed)
    place.dataDir = join(closed, '.hedge')
    const first = await place.serve({ startModule, folder: closed })
    expect(first.error).toBe('')
    expect(first.log.join()).toContain(await homeOf(place.dataDir))
    await remember(first.url)
    await stopServer(first)

    const again = await place.serve({ startModule, folder: closed })
    expect(await recall(again.url)).toEqual([42])
    await stopServer(again)

    // After its folder was deleted, the start creates a new database.
    await rm(await homeOf(place.dataDir), { recursive: true })
    const lost = await place.serve({ startModule, folder: closed })
    expect(lost.error).toContain('there is no such folder')
    await rm(place.dataDir, { recursive: true })
    const fresh = await place.serve({ startModule, folder: closed })
    await expect(recall(fresh.url)).rejects.toMatchObject({ code: '42P01' })
    await stopServer(fresh)
  })
})
