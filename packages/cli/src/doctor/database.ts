import { statfs } from 'node:fs/promises'
import { isMigrated } from '@hedgepayments/server/admin'
import { formatCount } from '../format.ts'
import { type OpenDatabase, openDatabase } from '../open-database.ts'
import { factsOf } from '../report-error.ts'
import type { GlobalOptions } from '../session.ts'
import type { Check } from './check.ts'
import { queues } from './queues.ts'

const gibibyte = 1024 ** 3

/** PostgreSQL stops when it cannot write; a gigabyte of log files comes quickly. */
const freeBytes = { warn: 5 * gibibyte, fail: gibibyte / 2 }

/** The database as its operator sees it: reachable, up to date, and with nothing piling up. */
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
    const isAsked = options.database !== undefined || process.env.DATABASE_URL !== undefined
    const isBroken = isAsked || code !== 'no_database'
    yield { name: 'database', status: isBroken ? 'fail' : 'warn', message }
    return
  }
  try {
    yield { name: 'database', status: 'ok', message: opened.name }
    if (await isMigrated(opened.database.db)) {
      yield { name: 'migrations', status: 'ok', message: 'up to date' }
    } else {
      const message = 'not up to date: a server of this version brings them up when it starts'
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

/** Room where the server keeps its data. */
export async function* checkDisk(dataDir: string): AsyncGenerator<Check> {
  const found = await statfs(dataDir).catch(() => null)
  if (!found) return
  const free = found.bavail * found.bsize
  const share = Math.floor((found.bavail / found.blocks) * 100)
  const message = `${formatCount(Math.floor((free / gibibyte) * 10) / 10)} GiB (${share} %) free for ${dataDir}`
  const status = free < freeBytes.fail ? 'fail' : free < freeBytes.warn ? 'warn' : 'ok'
  yield { name: 'disk', status, message }
}
