import { LeaseLostError } from './lease.ts'
import { type Loop, startLoop, type YieldPolicy } from './loop.ts'

/** Counts the jobs in progress, and says how many more may start. */
export interface JobLimiter<Job> {
  readonly available: number
  acquire(job: Job): void
  release(job: Job): void
}

/** How a runner claims and runs the jobs of one queue. */
export interface RunnerOptions<Job> {
  readonly limiter: JobLimiter<Job>
  /**
   * Claims of due jobs for this process, each at most as many as the limiter allows. A turn runs the
   * claims in this order, and starts the jobs of one claim before the next claim.
   */
  readonly claims: readonly (() => Promise<readonly Job[]>)[]
  /**
   * Runs a job, then finishes or postpones it in statements that check its lease. If it throws, the
   * error is reported, and the job is claimed again when its lease has ended. `stopping` is aborted
   * `stopGraceMs` after `stop`.
   */
  readonly run: (job: Job, stopping: AbortSignal) => Promise<void>
  /** Extends the leases of the jobs in progress. Default: a lease outlasts every job. */
  readonly renewal?: {
    readonly everyMs: number
    readonly renew: (jobs: readonly Job[]) => Promise<void>
  }
  /**
   * Whether to claim again at once while jobs were found and more may start. Otherwise the runner
   * claims when a job ends, when it is nudged, and every `idleMs`.
   */
  readonly claimsAgain: boolean
  /** Delays the claim after the end of a job, so that one claim finds several. Default: no delay. */
  readonly gathering?: {
    readonly ms: number
    /** Whether so much capacity is free after the end of this job that a claim is worth its cost. */
    readonly isEnough: (job: Job) => boolean
  }
  readonly idleMs: number
  readonly yieldPolicy?: YieldPolicy | undefined
  /** Default: jobs in progress are never aborted. */
  readonly stopGraceMs?: number
  /** Reports a failed claim or renewal, or the job that failed. */
  readonly onError: (error: unknown, job?: Job) => void
}

/**
 * Claims due jobs and runs as many at the same time as the limiter allows, until it is stopped. A
 * job that has lost its lease belongs to another process: this is not reported as an error.
 */
export function startRunner<Job>(options: RunnerOptions<Job>): Loop {
  const { limiter, gathering, renewal, onError } = options
  const running = new Map<Promise<void>, Job>()
  const stopping = new AbortController()
  let gatheringTimer: NodeJS.Timeout | undefined

  const loop = startLoop({
    turn: () => claimJobs(options, start),
    idleMs: options.idleMs,
    onError: (error) => onError(error),
    yieldPolicy: options.yieldPolicy,
  })
  const renewalTimer =
    renewal &&
    setInterval(() => {
      renewal.renew([...running.values()]).catch((error: unknown) => onError(error))
    }, renewal.everyMs)

  function start(job: Job): void {
    limiter.acquire(job)
    const work = options
      .run(job, stopping.signal)
      .catch((error: unknown) => {
        if (!(error instanceof LeaseLostError)) onError(error, job)
      })
      .finally(() => {
        running.delete(work)
        limiter.release(job)
        claimSoon(job)
      })
    running.set(work, job)
  }

  function claimSoon(job: Job): void {
    if (gathering && !gathering.isEnough(job)) {
      gatheringTimer ??= setTimeout(claimNow, gathering.ms)
    } else claimNow()
  }

  function claimNow(): void {
    clearTimeout(gatheringTimer)
    gatheringTimer = undefined
    loop.nudge()
  }

  return {
    nudge: () => loop.nudge(),
    async stop() {
      await loop.stop()
      const { stopGraceMs } = options
      const graceTimer =
        stopGraceMs === undefined ? undefined : setTimeout(() => stopping.abort(), stopGraceMs)
      await Promise.all(running.keys())
      clearTimeout(graceTimer)
      clearTimeout(gatheringTimer)
      clearInterval(renewalTimer)
    },
  }
}

/** One turn of a runner: claims jobs and starts them. Returns whether to claim again at once. */
async function claimJobs<Job>(
  { claims, claimsAgain, limiter }: RunnerOptions<Job>,
  start: (job: Job) => void,
): Promise<boolean> {
  let started = 0
  for (const claim of claims) {
    if (limiter.available <= 0) break
    const jobs = await claim()
    for (const job of jobs) start(job)
    started += jobs.length
  }
  return claimsAgain && started > 0 && limiter.available > 0
}
