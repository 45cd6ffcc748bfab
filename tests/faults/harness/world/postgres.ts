import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startBundledPostgres } from '../../../../packages/bundled-postgres/src/start.ts'
import { postgresPid } from '../../../support/databases/postgres-server.ts'
import { until } from '../../../support/until.ts'

/** A PostgreSQL that can be hurt. Its starter brings it up again, as a service manager would. */
export interface Postgres {
  /** Where it listens, for those who are not to be disturbed by a gate. */
  readonly url: string
  readonly socket: string
  /** `kill -9` of all its processes, or of the first one, which the others notice by themselves. */
  kill(which: 'all' | 'postmaster'): Promise<void>
  /** SIGSTOP to all its processes. */
  pause(): Promise<void>
  /** SIGCONT to all its processes. */
  resume(): Promise<void>
  stop(): Promise<void>
}

/** Starts one with its data in a folder, with the settings that users get: fsync is on. */
export async function startPostgres(dataDir: string): Promise<Postgres> {
  const started = await startBundledPostgres({ dataDir, log: () => undefined })
  const { searchParams } = new URL(started.url)
  const port = searchParams.get('port') ?? '5432'
  const paused: number[] = []
  return {
    url: started.url,
    socket: join(searchParams.get('host') ?? '', `.s.PGSQL.${port}`),
    async kill(which) {
      const postmaster = await pidOf(dataDir)
      const children = which === 'all' ? await childrenOf(postmaster) : []
      for (const pid of [postmaster, ...children]) signal(pid, 'SIGKILL')
    },
    async pause() {
      const postmaster = await pidOf(dataDir)
      // First the one that makes others, so that none is missed.
      signal(postmaster, 'SIGSTOP')
      paused.push(postmaster, ...(await childrenOf(postmaster)))
      for (const pid of paused) signal(pid, 'SIGSTOP')
    },
    resume() {
      for (const pid of paused.splice(0)) signal(pid, 'SIGCONT')
      return Promise.resolve()
    },
    async stop() {
      for (const pid of paused.splice(0)) signal(pid, 'SIGCONT')
      await started.stop()
    },
  }
}

async function pidOf(dataDir: string): Promise<number> {
  return await until('PostgreSQL has a process', () => postgresPid(dataDir))
}

async function childrenOf(parent: number): Promise<number[]> {
  const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 0)
  const isChild = await Promise.all(
    pids.map(async (pid) => {
      const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
      // The name, in parentheses, may hold spaces; the parent is the second field after it.
      return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1]) === parent
    }),
  )
  return pids.filter((_, i) => isChild[i])
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It has ended meanwhile.
  }
}
