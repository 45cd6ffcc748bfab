import { expect, test, vi } from 'vitest'
import { LeaseLostError } from './lease.ts'
import { ConcurrencyLimiter, type JobOwner } from './limiter.ts'
import { type RunnerOptions, startRunner } from './runner.ts'

interface Job extends JobOwner {
  readonly id: number
}

interface Settle {
  readonly resolve: () => void
  readonly reject: (cause: Error) => void
}

/** A promise, and the functions that settle it. Node 20 has no `Promise.withResolvers`. */
function deferred(): Settle & { readonly promise: Promise<void> } {
  let settle: Settle = { resolve: () => undefined, reject: () => undefined }
  const promise = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject }
  })
  return { promise, ...settle }
}

const job = (id: number): Job => ({ id, merchant_id: 'a', livemode: true })

/** A runner over a queue in memory. Its jobs end when the test says so. */
function setUp(queue: Job[], options: Partial<RunnerOptions<Job>> = {}) {
  const limiter = new ConcurrencyLimiter({ totalMax: 3, testMax: 3, perAccountMax: 3 })
  const running = new Map<number, Settle>()
  const errors: { error: unknown; job: Job | undefined }[] = []
  let claims = 0
  const runner = startRunner<Job>({
    limiter,
    claims: [
      async () => {
        claims++
        return queue.splice(0, limiter.available)
      },
    ],
    run: ({ id }, stopping) => {
      const { promise, ...settle } = deferred()
      stopping.addEventListener('abort', settle.resolve)
      running.set(id, settle)
      return promise.finally(() => running.delete(id))
    },
    claimsAgain: true,
    idleMs: 3_600_000,
    onError: (error, failed) => errors.push({ error, job: failed }),
    ...options,
  })
  const hasRunning = (...ids: number[]) =>
    vi.waitFor(() => expect([...running.keys()]).toEqual(ids))
  return { runner, limiter, running, errors, hasRunning, claims: () => claims }
}

async function stop({ runner, running }: ReturnType<typeof setUp>): Promise<void> {
  const stopped = runner.stop()
  for (const { resolve } of running.values()) resolve()
  await stopped
}

test('as many jobs run as the limiter allows, and a job that ends frees a place for the next', async () => {
  const all = setUp([1, 2, 3, 4, 5].map(job))
  await all.hasRunning(1, 2, 3)
  all.running.get(2)?.resolve()
  await all.hasRunning(1, 3, 4)
  await stop(all)
  expect(all.limiter.available).toBe(3)
})

test('the jobs of one claim have started before the next claim runs', async () => {
  const available: number[] = []
  const all = setUp([], { claimsAgain: false })
  await stop(all)
  const two = setUp([], {
    limiter: all.limiter,
    claims: [
      async () => [job(1), job(2)],
      async () => {
        available.push(all.limiter.available)
        return []
      },
    ],
    claimsAgain: false,
  })
  await two.hasRunning(1, 2)
  await vi.waitFor(() => expect(available).toEqual([1]))
  await stop(two)
})

test('a job that fails is reported, a job that has lost its lease is not, and other jobs go on', async () => {
  const all = setUp([1, 2, 3].map(job))
  await all.hasRunning(1, 2, 3)
  const failure = new Error('failed')
  all.running.get(1)?.reject(failure)
  all.running.get(2)?.reject(new LeaseLostError())
  await all.hasRunning(3)
  await stop(all)
  expect(all.errors).toEqual([{ error: failure, job: job(1) }])
})

test('the leases of the jobs in progress are renewed, and a failed renewal is reported', async () => {
  const renewed: number[][] = []
  const failure = new Error('no connection')
  const all = setUp([1, 2].map(job), {
    renewal: {
      everyMs: 5,
      renew: async (jobs) => {
        renewed.push(jobs.map(({ id }) => id))
        if (renewed.length === 1) throw failure
      },
    },
  })
  await all.hasRunning(1, 2)
  await vi.waitFor(() => expect(renewed.at(-1)).toEqual([1, 2]))
  await vi.waitFor(() => expect(all.errors).toEqual([{ error: failure, job: undefined }]))
  await stop(all)
})

test('with gathering, the runner claims when enough capacity is free, or after a short wait', async () => {
  const queue = [1, 2, 3].map(job)
  const gathering = { ms: 20, isEnough: () => all.limiter.available >= 2 }
  const all = setUp(queue, { claimsAgain: false, gathering })
  await all.hasRunning(1, 2, 3)
  queue.push(job(4), job(5), job(6))
  all.running.get(1)?.resolve()
  await all.hasRunning(2, 3, 4)
  const claims = all.claims()
  all.running.get(2)?.resolve()
  all.running.get(3)?.resolve()
  await all.hasRunning(4, 5, 6)
  expect(all.claims()).toBe(claims + 1)
  await stop(all)
})

test('a stop waits for jobs in progress, and aborts them after the grace', async () => {
  const all = setUp([1, 2].map(job), { stopGraceMs: 5 })
  await all.hasRunning(1, 2)
  await all.runner.stop()
  expect(all.running.size).toBe(0)
})
