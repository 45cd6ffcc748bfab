import { statfs } from 'node:fs/promises'
import { isMigrated } from '@hedgepayments/server/admin'
import { type OpenDatabase, openDatabase } from '../open-database.ts'
import { formatCount } from '../output/format.ts'
import { factsOf } from '../output/report-error.ts'
import type { GlobalOptions } from '../session.ts'
import type { Check } from './check.ts'
import { queues } from './queues.ts'

const gibibyte = 1024 ** 3

/** PostgreSQL stops if the disk is full, and its log may grow by a gigabyte quickly. */
const freeBytes = { warn: 5 * gibibyte, fail: gibibyte / 2 }

/** Checks that the database is reachable and migrated, and that its queues are not late. */
export async function* checkDatabase(
  options: GlobalOptions & { database?: string },
): AsyncGenerator<Check> {
  let opened: OpenDatabase
  try {
    opened = await openDatabase({
      databaseUrl: options.database,
      dataDir: options.dataDir,
      maySpawn: false,
    })
  } catch (error) {
    const { code, message } = factsOf(error)
    const isConfigured = options.database !== undefined || process.env.DATABASE_URL !== undefined
    const isBroken = isConfigured || code !== 'no_database'
    yield { name: 'database', status: isBroken ? 'fail' : 'warn', message }
    return
  }
  try {
    yield { name: 'database', status: 'ok', message: opened.name }
    if (await isMigrated(opened.database.db)) {
      yield { name: 'migrations', status: 'ok', message: 'up to date' }
    } else {
      const message =
        'not up to date: a server of this version migrates the database when it starts'
      yield { name: 'migrations', status: 'fail', message }
      return
    }
    for (const queue of queues) yield await queue(opened.database.pool)
  } catch (error) {
    yield { name: 'database', status: 'fail', message: factsOf(error).message }
  } finally {
    await opened.close()
  }
}

/** Checks the free space for the data folder. */
export async function* checkDisk(dataDir: string): AsyncGenerator<Check> {
  const found = await statfs(dataDir).catch(() => null)
  if (!found) return
  const free = found.bavail * found.bsize
  const share = Math.floor((found.bavail / found.blocks) * 100)
  const message = `${formatCount(Math.floor((free / gibibyte) * 10) / 10)} GiB (${share} %) free for ${dataDir}`
  const status = free < freeBytes.fail ? 'fail' : free < freeBytes.warn ? 'warn' : 'ok'
  yield { name: 'disk', status, message }
}
