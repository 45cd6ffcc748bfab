import { execFile } from 'node:child_process'
import { mkdtemp, open, rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { folderName } from './leftovers.ts'

/** A separate file system that is small enough to be filled. */
export interface SmallDisk {
  readonly folder: string
  /** Fills it to the last byte, so that writes of PostgreSQL fail with ENOSPC. */
  fill(): Promise<void>
  free(): Promise<void>
  unmount(): Promise<void>
}

/** An empty cluster needs 70 MB, and a round of load less than another 70 MB. */
const sizeMb = 320
const blockBytes = 64 * 1024

const run = promisify(execFile)

/** Mounts a tmpfs, which needs root. Resolves with the reason as a text if that is not possible. */
export async function mountSmallDisk(): Promise<SmallDisk | string> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'only root may mount a disk'
  const folder = await mkdtemp(`${folderName}disk-`)
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${sizeMb}m,mode=711`, 'tmpfs', folder])
  } catch (error) {
    await rmdir(folder)
    return `no disk can be mounted: ${(error as Error).message.trim()}`
  }
  const ballast = join(folder, 'ballast')
  return {
    folder,
    async fill() {
      const file = await open(ballast, 'a')
      try {
        for (let bytes = blockBytes; bytes >= 1; bytes = Math.floor(bytes / 16)) {
          await fillBy(file, Buffer.alloc(bytes))
        }
      } finally {
        await file.close()
      }
    },
    free: () => rm(ballast, { force: true }),
    async unmount() {
      await run('umount', [folder])
      await rmdir(folder)
    },
  }
}

async function fillBy(file: Awaited<ReturnType<typeof open>>, block: Buffer): Promise<void> {
  try {
    for (;;) await file.write(block)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
  }
}
