import { readdir, readFile } from 'node:fs/promises'
import type { NetConnectOpts } from 'node:net'
import { join } from 'node:path'
import { startBundledPostgres } from '../../../../packages/bundled-postgres/src/start.ts'
import { postgresPid } from '../../../support/databases/postgres-server.ts'
import { until } from '../../../support/until.ts'

/** A PostgreSQL that can be killed and frozen. Its starter restarts it, as a service manager would. */
export interface Postgres {
  /** The address that passes no gate. */
  readonly url: string
  /** Where it listens. */
  readonly target: NetConnectOpts
  /** Sends SIGKILL to all its processes, or to the first one only. */
  kill(which: 'all' | 'postmaster'): Promise<void>
  /** SIGSTOP to all its processes. */
  pause(): Promise<void>
  /** SIGCONT to all its processes. */
  resume(): Promise<void>
  stop(): Promise<void>
}

/** Starts PostgreSQL in a data folder with the settings that users get: fsync is on. */
export async function startPostgres(dataDir: string): Promise<Postgres> {
  const started = await startBundledPostgres({ dataDir, log: () => undefined })
  const { searchParams } = new URL(started.url)
  const port = searchParams.get('port') ?? '5432'
  const paused: number[] = []
  return {
    url: started.url,
    target: { path: join(searchParams.get('host') ?? '', `.s.PGSQL.${port}`) },
    async kill(which) {
      const postmaster = await pidOf(dataDir)
      const children = which === 'all' ? await childrenOf(postmaster) : []
      for (const pid of [postmaster, ...children]) signal(pid, 'SIGKILL')
    },
    async pause() {
      const postmaster = await pidOf(dataDir)
      // The postmaster first: it starts the others, so none can be missed.
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
      // The name, in parentheses, may contain spaces. The parent is the second field after it.
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
