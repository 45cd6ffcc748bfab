import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'

/** Creates a folder for the tests of a file, and removes it after them. */
export function temporaryFolder(): () => string {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hedge-cli-'))
  })
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true })
  })
  return () => folder
}
