import { appendFile, readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { removeData } from '../../../support/databases/postgres-server.ts'

/** A run's folders have its process id in their names, so that a later run finds those of dead runs. */
const prefix = 'hedge-faults-'
const folderPattern = /^hedge-faults-(\d+)-(?!disk)/
const serversFile = 'servers'
const serverFiles =
  /packages\/server\/src\/main\.ts|fitted-server-process\.ts|programs-[^/]+\/server\.js/

/** Prefix of the paths of this run's folders. */
export const folderName = join(tmpdir(), `${prefix}${process.pid}-`)

/** Records a server of this run, so that a later run can stop it. */
export async function recordServer(dataDir: string, pid: number | undefined): Promise<void> {
  await appendFile(join(dataDir, serversFile), `${pid}\n`)
}

/** Stops the servers and the PostgreSQL of runs that were killed, and removes their data. */
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

/** The command line of a process. Empty if there is no such process. */
async function commandOf(pid: number): Promise<string> {
  return await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
}
