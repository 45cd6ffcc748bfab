import { open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isAlive } from './process.ts'

/**
 * Folders are made under a partial name and renamed when complete and on disk, so that a process
 * killed in the middle leaves nothing that looks finished.
 */
const partialPattern = /\.partial-(\d+)$/

export const partialName = (path: string): string => `${path}.partial-${process.pid}`

export const isPartial = (name: string): boolean => partialPattern.test(name)

/** The program of a process that was killed may go on writing for a moment, until it finds no parent. */
const removal = { recursive: true, force: true, maxRetries: 10, retryDelay: 100 } as const

/** Removes what processes that are gone left half done. What a running process makes stays. */
export async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const pid = Number(partialPattern.exec(name)?.[1])
    const isAbandoned = isPartial(name) && pid !== process.pid && !isAlive(pid)
    if (isAbandoned) await rm(join(folder, name), removal)
  }
}

/** Makes the names in a folder survive a power cut. Windows has no such call and needs none. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
