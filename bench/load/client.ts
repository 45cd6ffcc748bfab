import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { LoadJob, LoadResult } from './job.ts'

/** The load client, which runs in a separate process. */
export interface Client {
  run(job: LoadJob): Promise<LoadResult>
  stop(): Promise<void>
}

/** Starts the load process. It runs one job at a time. */
export function startClient(): Client {
  const child = fork(join(import.meta.dirname, 'load-process.ts'), {
    execArgv: ['--max-semi-space-size=64'],
  })
  return {
    run: (job) => runJob(child, job),
    async stop() {
      const exited = once(child, 'exit')
      child.kill()
      await exited
    },
  }
}

async function runJob(child: ChildProcess, job: LoadJob): Promise<LoadResult> {
  const answered = once(child, 'message')
  child.send(job)
  const [message] = (await answered) as [{ result?: LoadResult; error?: string }]
  if (!message.result) throw new Error(`the load process: ${message.error}`)
  return message.result
}
