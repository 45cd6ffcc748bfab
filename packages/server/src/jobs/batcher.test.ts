import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Batcher, BatcherFullError } from './batcher.ts'

interface Entry {
  readonly n: number
  readonly names: readonly string[]
  /** `bad`: the database refuses the entry; `lost`: the connection breaks while it runs. */
  readonly fate: 'good' | 'bad' | 'lost'
}

class Refused extends Error {}

interface Run {
  readonly entries: Entry[]
  readonly finish: () => void
}

/** A batcher whose batches stay in flight until the test lets them finish. */
function setUp(limits: { sizeMax: number; inFlightMax: number; waitingMax?: number }) {
  const inFlight: Run[] = []
  const started: Entry[][] = []
  const batcher = new Batcher<Entry, number>({
    run: (entries) =>
      new Promise((resolve, reject) => {
        started.push(entries)
        const run = {
          entries,
          finish: () => {
            inFlight.splice(inFlight.indexOf(run), 1)
            if (entries.some(({ fate }) => fate === 'lost')) reject(new Error('lost'))
            else if (entries.some(({ fate }) => fate === 'bad')) reject(new Refused('bad'))
            else resolve(entries.map(({ n }) => n * 10))
          },
        }
        inFlight.push(run)
      }),
    namesOf: ({ names }) => names,
    isEntrysFault: (error) => error instanceof Refused,
    waitingMax: 1_000_000,
    ...limits,
  })
  return { batcher, inFlight, started }
}

const finishAll = async (inFlight: Run[]) => {
  for (let i = 0; i < 10_000 && inFlight.length > 0; i++) {
    inFlight[0]?.finish()
    await new Promise((resolve) => setImmediate(resolve))
  }
}

const entry = (n: number, ...names: string[]): Entry => ({ n, names, fate: 'good' })

const anyEntries = fc
  .array(
    fc.record({
      names: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), { maxLength: 2 }),
      fate: fc.constantFrom('good' as const, 'good' as const, 'good' as const, 'bad' as const),
    }),
    { maxLength: 40 },
  )
  .map((list) => list.map((one, n) => ({ ...one, n })))

describe('for any entries, and batches that finish in any order,', () => {
  test('each entry gets its result, limits hold, and entries of one name run one at a time and in order', async () => {
    const limits = fc.record({
      sizeMax: fc.integer({ min: 1, max: 8 }),
      inFlightMax: fc.integer({ min: 1, max: 3 }),
    })
    await fc.assert(
      fc.asyncProperty(
        anyEntries,
        limits,
        fc.infiniteStream(fc.nat()),
        async (entries, limit, order) => {
          const { batcher, inFlight, started } = setUp(limit)
          const results = entries.map((one) => batcher.submit(one).catch((error: unknown) => error))
          while (inFlight.length > 0) {
            expect(inFlight.length).toBeLessThanOrEqual(limit.inFlightMax)
            const flying = inFlight.flatMap((run) => run.entries.flatMap(({ names }) => names))
            expect(new Set(flying).size).toBe(flying.length)
            const picked = inFlight[(order.next().value as number) % inFlight.length]
            picked?.finish()
            await new Promise((resolve) => setImmediate(resolve))
          }
          for (const batch of started) expect(batch.length).toBeLessThanOrEqual(limit.sizeMax)
          for (const [i, result] of (await Promise.all(results)).entries()) {
            if (entries[i]?.fate === 'bad') expect(result).toBeInstanceOf(Refused)
            else expect(result).toBe(i * 10)
          }
          for (const name of 'abcdef') {
            const firstTimes = [...new Set(started.flat())].filter((one) =>
              (one.names as readonly string[]).includes(name),
            )
            expect(firstTimes.map(({ n }) => n)).toEqual(
              entries
                .filter((one) => (one.names as readonly string[]).includes(name))
                .map(({ n }) => n),
            )
          }
        },
      ),
      { numRuns: 150 },
    )
  })
})

test('a single entry is sent at once, and later entries share the next batch', async () => {
  const { batcher, inFlight, started } = setUp({ sizeMax: 100, inFlightMax: 1 })
  const results = [batcher.submit(entry(0))]
  expect(started).toHaveLength(1)
  for (let n = 1; n <= 5; n++) results.push(batcher.submit(entry(n)))
  expect(started).toHaveLength(1)
  await finishAll(inFlight)
  expect(started.map((batch) => batch.length)).toEqual([1, 5])
  expect(await Promise.all(results)).toEqual([0, 10, 20, 30, 40, 50])
})

test('a lost connection fails its whole batch once, and no other batch', async () => {
  const { batcher, inFlight, started } = setUp({ sizeMax: 3, inFlightMax: 1 })
  const results = [
    batcher.submit(entry(0)),
    batcher.submit(entry(1)),
    batcher.submit({ ...entry(2), fate: 'lost' }),
    batcher.submit(entry(3)),
    batcher.submit(entry(4)),
  ].map((result) => result.catch((error: Error) => error.message))
  await finishAll(inFlight)
  expect(await Promise.all(results)).toEqual([0, 'lost', 'lost', 'lost', 40])
  expect(started).toHaveLength(3)
})

test('a run with too few results fails its whole batch instead of mixing up results', async () => {
  const batcher = new Batcher<number, number>({
    run: () => Promise.resolve([]),
    namesOf: () => [],
    isEntrysFault: () => false,
    sizeMax: 10,
    inFlightMax: 1,
    waitingMax: 10,
  })
  await expect(batcher.submit(1)).rejects.toThrow('a result per entry')
})

test('a full queue refuses an entry, and loses no waiting entry', async () => {
  const { batcher, inFlight } = setUp({ sizeMax: 1, inFlightMax: 1, waitingMax: 2 })
  const results = [0, 1, 2].map((n) => batcher.submit(entry(n)))
  await expect(batcher.submit(entry(3))).rejects.toBeInstanceOf(BatcherFullError)
  await finishAll(inFlight)
  expect(await Promise.all(results)).toEqual([0, 10, 20])
})
