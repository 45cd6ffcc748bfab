import { readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Address, hostPrefix, newPrefix, readAddress, readFolder } from './address.ts'
import { reach } from './connection.ts'
import type { Place } from './place.ts'

/** A host gives its folder an address within milliseconds. */
const newFolderAgeMs = 3_600_000

/** Removes the folders and claims of killed hosts, of all projects of the user. */
export async function removeLeftovers({ folder }: Place): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name)
    if (await isLeftover(path, name)) await rm(path, { recursive: true, force: true })
  }
}

async function isLeftover(path: string, name: string): Promise<boolean> {
  if (name.startsWith(newPrefix)) {
    const made = await stat(path).catch(() => undefined)
    return made !== undefined && Date.now() - made.mtimeMs > newFolderAgeMs
  }
  if (!name.startsWith(hostPrefix)) return isDead(await readAddress(path))
  return (await isDead(await readFolder(path))) && !(await hasPostgres(path))
}

async function isDead(address: Address | undefined): Promise<boolean> {
  if (!address) return false
  const connection = await reach(address)
  connection?.close()
  return connection === undefined
}

/** PostgreSQL ends soon after its host. Its folder is removed at a later start. */
async function hasPostgres(folder: string): Promise<boolean> {
  const file = join(folder, 'data/postgres/data/postmaster.pid')
  const pid = Number.parseInt(await readFile(file, 'utf8').catch(() => ''), 10)
  if (!(pid > 0)) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
