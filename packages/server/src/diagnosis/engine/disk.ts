import { statfs } from 'node:fs/promises'
import { type Check, fail, formatBytes, ok, type Problem, warn } from './check.ts'
import { readDatabaseBytes } from './disk.sql.ts'
import type { Examined } from './examined.ts'
import type { Runner } from './settings.sql.ts'

const gibibyte = 1024 ** 3

/** PostgreSQL stops if the disk is full, and its log may grow by a gigabyte quickly. */
const freeBytes = { warn: 5 * gibibyte, fail: gibibyte / 2 }

/**
 * Checks the free space of the bundled PostgreSQL. No statement tells how much another PostgreSQL has: then
 * the size of the database is shown, and the check of writes finds a full disk.
 */
export async function checkDisk({ database, folder }: Examined): Promise<Check> {
  const size = await sizeOf(database.pool)
  if (folder === null) {
    return ok('disk', `${size}; PostgreSQL does not tell how much is free, so watch it there`)
  }
  const free = await readFree(folder)
  return judgeFree('disk', free, `${size}; ${free.text}`)
}

/** Free space of a file system. */
interface Free {
  readonly bytes: number
  readonly text: string
}

/** Checks the free space for a folder on this machine. */
export async function checkFolder(folder: string): Promise<Check[]> {
  const free = await readFree(folder).catch(() => null)
  return free === null ? [] : [judgeFree('data_folder', free, free.text)]
}

async function readFree(folder: string): Promise<Free> {
  const { bavail, bsize, blocks } = await statfs(folder)
  const share = Math.floor((bavail / blocks) * 100)
  const bytes = bavail * bsize
  return { bytes, text: `${formatBytes(bytes)} (${share} %) free for ${folder}` }
}

function judgeFree(name: string, { bytes }: Free, found: string): Check {
  const problem: Problem = {
    found,
    expected: `at least ${formatBytes(freeBytes.warn)} free`,
    action: 'free some space, or make the disk larger',
  }
  if (bytes < freeBytes.fail) return fail(name, problem)
  return bytes < freeBytes.warn ? warn(name, problem) : ok(name, found)
}

async function sizeOf(runner: Runner): Promise<string> {
  return `the database has ${formatBytes(await readDatabaseBytes(runner))}`
}
