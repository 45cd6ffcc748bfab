import { appendFile, readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { removeData } from '../../../support/databases/postgres-server.ts'

/** Folders of runs are named after their process, so that a later one can tell what is left over. */
const prefix = 'hedge-faults-'
const folderPattern = /^hedge-faults-(\d+)-(?!disk)/
const serversFile = 'servers'
const serverFiles =
  /packages\/server\/src\/main\.ts|fitted-server-process\.ts|programs-[^/]+\/server\.js/

/** How the name of a folder of this run begins. */
export const folderName = join(tmpdir(), `${prefix}${process.pid}-`)

/** Records a server of this run, so that a later run can stop it. */
export async function recordServer(dataDir: string, pid: number | undefined): Promise<void> {
  await appendFile(join(dataDir, serversFile), `${pid}\n`)
}

/** A run that was killed leaves servers and PostgreSQL behind, which go, with their data. */
export async function removeLeftovers(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = Number(folderPattern.exec(name)?.[1])
    if (!pid || (await commandOf(pid)) !== '') continue
    const dataDir = join(tmpdir(), name)
    const recorded = await readFile(join(dataDir, serversFile), 'utf8').catch(() => '')
    for (const server of recorded.split('\n').map(Number)) {
      if (server && serverFiles.test(await commandOf(server))) process.kill(server, 'SIGKILL')
    }
    await removeData(dataDir)
  }
}

/** What a process runs; empty where there is none. */
async function commandOf(pid: number): Promise<string> {
  return await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
}
