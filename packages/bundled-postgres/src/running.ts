import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { openHome } from './files/home.ts'
import { addressOf } from './lock.ts'
import { findPostmaster } from './processes/postmaster.ts'

/** Whether a data folder has a cluster. Creates nothing. */
export async function hasBundledPostgres(dataDir: string): Promise<boolean> {
  for (const name of ['postgres', 'postgres.location']) {
    const isThere = await access(join(dataDir, name)).then(
      () => true,
      () => false,
    )
    if (isThere) return true
  }
  return false
}

/** The folder with the files of the PostgreSQL of a data folder, which may be elsewhere. */
export async function findPostgresFolder(dataDir: string): Promise<string> {
  return (await openHome(dataDir, () => undefined)).folder
}

/**
 * The address, with password, of the PostgreSQL that runs for a data folder; `null`: there is none.
 * PostgreSQL still belongs to the process that started it.
 */
export async function findRunningPostgres(dataDir: string): Promise<string | null> {
  const home = await openHome(dataDir, () => undefined)
  const postmaster = await findPostmaster(home)
  return postmaster ? addressOf(home, postmaster) : null
}
