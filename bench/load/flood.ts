import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { NumberRange, RequestTemplate } from './job.ts'

/** Requests at a fixed rate, which does not slow down when answers are late. */
export interface FloodJob {
  readonly port: number
  readonly perSecond: number
  /** Each connection carries one request at a time, as one client does. */
  readonly connections: number
  readonly durationMs: number
  /** Whether a refused client obeys `Retry-After`. */
  readonly isPatient: boolean
  readonly request: RequestTemplate
  /** One number for each request. They start again when all are used. */
  readonly numbers: NumberRange
}

/** Latencies of the answers with one status, in milliseconds. */
export interface Times {
  readonly count: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
}

/** The result of a flood. */
export interface FloodResult {
  /** Requests that were due by the rate. */
  readonly due: number
  /** Requests that were sent. The others were skipped, because every connection was waiting. */
  readonly sent: number
  readonly elapsedMs: number
  readonly byStatus: Readonly<Record<string, Times>>
  /** Connections that the server closed. */
  readonly hungUp: number
}

/** Runs a flood in a new process. */
export async function flood(job: FloodJob): Promise<FloodResult> {
  const child = fork(join(import.meta.dirname, 'flood-process.ts'))
  const answered = once(child, 'message')
  child.send(job)
  const [message] = (await answered) as [{ result?: FloodResult; error?: string }]
  const exited = once(child, 'exit')
  child.kill()
  await exited
  if (!message.result) throw new Error(`the flood: ${message.error}`)
  return message.result
}
