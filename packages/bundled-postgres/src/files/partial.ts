import { open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isAlive } from '../processes/process.ts'

/**
 * Folders are created under a partial name, and renamed when they are complete and on disk. So a
 * process that is killed in the middle leaves nothing that looks complete.
 */
const partialPattern = /\.partial-(\d+)$/

export const partialName = (path: string): string => `${path}.partial-${process.pid}`

export const isPartial = (name: string): boolean => partialPattern.test(name)

/** A killed process's program may continue to write for a short time, until it finds no parent. */
const removal = { recursive: true, force: true, maxRetries: 10, retryDelay: 100 } as const

/** Removes the partial folders of processes that have ended, not those of running processes. */
export async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const pid = Number(partialPattern.exec(name)?.[1])
    const isAbandoned = isPartial(name) && pid !== process.pid && !isAlive(pid)
    if (isAbandoned) await rm(join(folder, name), removal)
  }
}

/** Makes the names in a folder survive a power cut. Windows needs no call for this. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
