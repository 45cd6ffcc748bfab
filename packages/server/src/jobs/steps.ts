import { isOwnFailure } from '../database/errors.ts'
import { retrySeconds } from './backoff.ts'

/** A job that counts its consecutive failures. */
export interface CountedJob {
  readonly failures: number
}

/** When to retry a job that has failed once more. */
export interface Retry {
  /** Consecutive failures, with the last one. */
  readonly failures: number
  readonly pauseSeconds: number
}

/**
 * Runs claimed jobs one after the other. If a job fails, the error is reported and the job postponed
 * with backoff, and the next job runs.
 *
 * @throws when the database is unavailable. The other jobs are claimed again when their leases end.
 */
export async function runEach<Job extends CountedJob>(
  jobs: readonly Job[],
  step: {
    run: (job: Job) => Promise<void>
    postpone: (job: Job, retry: Retry) => Promise<void>
    onError: (error: unknown) => void
  },
): Promise<void> {
  for (const job of jobs) {
    try {
      await step.run(job)
    } catch (error) {
      if (!isOwnFailure(error)) throw error
      step.onError(error)
      await step.postpone(job, retryOf(job))
    }
  }
}

/**
 * Runs one step of the next due job in a transaction that locks the job. The lock is the lease:
 * other processes skip the job, and if this process stops, the database ends the transaction
 * and undoes the step. If the step fails, the error is reported and the job postponed with backoff, so
 * that other jobs run.
 *
 * @returns whether a job was due.
 * @throws when the database is unavailable. The job is postponed if the database can do so: the step may be
 *   what has broken the connection, and must not be the first again.
 */
export async function runLocked<Tx, Job extends CountedJob>(step: {
  /** Runs `work` in a transaction; commits what it has done, or undoes it if it throws. */
  transaction: (work: (tx: Tx) => Promise<boolean>) => Promise<boolean>
  lockNext: (tx: Tx) => Promise<Job | undefined>
  run: (tx: Tx, job: Job) => Promise<void>
  /** Postpones a job, unless another step of it has committed since this one began. */
  postpone: (job: Job, retry: Retry) => Promise<void>
  onError: (error: unknown, job: Job) => void
}): Promise<boolean> {
  let locked: Job | undefined
  try {
    return await step.transaction(async (tx) => {
      locked = await step.lockNext(tx)
      if (!locked) return false
      await step.run(tx, locked)
      return true
    })
  } catch (error) {
    if (!locked) throw error
    if (!isOwnFailure(error)) {
      await step.postpone(locked, retryOf(locked)).catch(() => undefined)
      throw error
    }
    step.onError(error, locked)
    await step.postpone(locked, retryOf(locked))
    return true
  }
}

function retryOf({ failures }: CountedJob): Retry {
  return { failures: failures + 1, pauseSeconds: retrySeconds(failures + 1) }
}
