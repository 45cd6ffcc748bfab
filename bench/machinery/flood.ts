import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { NumberRange, RequestTemplate } from './job.ts'

/** Requests that come at a rate, whether those before are answered or not. */
export interface FloodJob {
  readonly port: number
  readonly perSecond: number
  /** Each carries one request at a time: as many clients as there are. */
  readonly connections: number
  readonly durationMs: number
  /** Whether a client that was refused waits for as long as it was asked to (Retry-After). */
  readonly isPatient: boolean
  readonly request: RequestTemplate
  /** One number for each request; they begin anew when they end. */
  readonly numbers: NumberRange
}

/** How long answers of a kind took from when they were sent, in milliseconds. */
export interface Times {
  readonly count: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
}

export interface FloodResult {
  /** Requests that were due. */
  readonly due: number
  /** Of which were sent: the others found every connection waiting. */
  readonly sent: number
  readonly elapsedMs: number
  readonly byStatus: Readonly<Record<string, Times>>
  /** Connections that the server closed, and requests that were not answered by that. */
  readonly hungUp: number
}

/** Runs a flood in a process of its own. */
export async function flood(job: FloodJob): Promise<FloodResult> {
  const child = fork(join(import.meta.dirname, '../flood-process.ts'))
  const answered = once(child, 'message')
  child.send(job)
  const [message] = (await answered) as [{ result?: FloodResult; error?: string }]
  const exited = once(child, 'exit')
  child.kill()
  await exited
  if (!message.result) throw new Error(`the flood: ${message.error}`)
  return message.result
}
