import { expect, test } from 'vitest'
import { type Retry, runEach, runLocked } from './steps.ts'

const unavailable = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })

/** Runs jobs whose failures are `errors`, by their index. */
async function runAll(errors: readonly (Error | null)[]) {
  const jobs = errors.map((error, index) => ({ error, index, failures: index }))
  const ran: number[] = []
  const reported: unknown[] = []
  const postponed = new Map<number, Retry>()
  const result = await runEach(jobs, {
    run: async ({ index, error }) => {
      ran.push(index)
      if (error) throw error
    },
    postpone: async ({ index }, retry) => void postponed.set(index, retry),
    onError: (error) => reported.push(error),
  }).catch((error: unknown) => error)
  return { ran, reported, postponed, result }
}

test('a job that fails is reported and postponed, and the next job runs', async () => {
  const failure = new Error('failed')
  const { ran, reported, postponed, result } = await runAll([null, failure, null])
  expect(ran).toEqual([0, 1, 2])
  expect(reported).toEqual([failure])
  expect([...postponed.keys()]).toEqual([1])
  expect(postponed.get(1)?.failures).toBe(2)
  expect([2, 3]).toContain(postponed.get(1)?.pauseSeconds)
  expect(result).toBeUndefined()
})

test('when the database is unavailable, no job is postponed and no other job runs', async () => {
  const { ran, postponed, result } = await runAll([null, unavailable, null])
  expect(ran).toEqual([0, 1])
  expect(postponed.size).toBe(0)
  expect(result).toBe(unavailable)
})

async function runOne(
  job: { failures: number } | undefined,
  error: Error | null,
  postponeError: Error | null = null,
) {
  const postponed: Retry[] = []
  const reported: unknown[] = []
  const result = await runLocked<null, { failures: number }>({
    transaction: (work) => work(null),
    lockNext: async () => job,
    run: async () => {
      if (error) throw error
    },
    postpone: async (_, retry) => {
      if (postponeError) throw postponeError
      postponed.push(retry)
    },
    onError: (failure) => reported.push(failure),
  }).catch((thrown: unknown) => thrown)
  return { result, postponed, reported }
}

test('a locked step returns whether a job was due', async () => {
  expect((await runOne(undefined, null)).result).toBe(false)
  expect((await runOne({ failures: 0 }, null)).result).toBe(true)
})

test.each([
  ['fails', new Error('failed')],
  [
    'takes too long',
    Object.assign(new Error('canceling statement due to statement timeout'), {
      ...{ severity: 'ERROR', code: '57014' },
    }),
  ],
])(
  'a locked step that %s is reported, its job is postponed, and the next job may run',
  async (_, failure) => {
    const { result, postponed, reported } = await runOne({ failures: 3 }, failure)
    expect(result).toBe(true)
    expect(reported).toEqual([failure])
    expect(postponed[0]?.failures).toBe(4)
  },
)

test('a locked step without a database throws, and its job is postponed if that is possible', async () => {
  const lost = await runOne({ failures: 3 }, unavailable)
  expect(lost.result).toBe(unavailable)
  expect(lost.postponed[0]?.failures).toBe(4)
  const gone = await runOne({ failures: 3 }, unavailable, new Error('still refused'))
  expect(gone.result).toBe(unavailable)
})
