import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CallWindow, type EndedCall, startCalls } from './call-window.ts'

const outcomes = ['answered', 'failed', 'timed_out', 'rate_limited'] as const

/** Any calls, in the order in which they end. */
const anyCalls = fc.array(
  fc.record({
    kind: fc.constantFrom('capture', 'look_up'),
    ms: fc.integer({ min: 0, max: 10_000 }),
    pauseMs: fc.integer({ min: 0, max: 500 }),
    outcome: fc.constantFrom(...outcomes),
  }),
  { maxLength: 200 },
)

const answered = (beganMs: number, endedMs: number): EndedCall => ({
  kind: 'capture',
  beganMs,
  endedMs,
  outcome: 'answered',
})

/** Runs one round: as many calls as the window has, from `beganMs` to `endedMs`. */
function round(window: CallWindow, given: { beganMs: number; endedMs: number; refused?: number }) {
  const { beganMs, endedMs, refused = 0 } = given
  const { size } = window
  for (let n = 0; n < size; n++) window.begin(beganMs)
  for (let n = 0; n < size; n++) {
    const outcome = n < refused ? 'rate_limited' : 'answered'
    window.record({ kind: 'capture', beganMs, endedMs, outcome })
    window.end(endedMs)
  }
}

describe('the window of a processor account', () => {
  test('is from one to its ceiling, whatever the processor does', () => {
    fc.assert(
      fc.property(anyCalls, fc.integer({ min: 1, max: 200 }), (calls, max) => {
        const window = new CallWindow(max)
        let nowMs = 0
        for (const { kind, ms, pauseMs, outcome } of calls) {
          const before = window.size
          nowMs += pauseMs
          window.begin(nowMs)
          window.record({ kind, beganMs: nowMs, endedMs: nowMs + ms, outcome })
          window.end(nowMs + ms)
          expect(window.size).toBeGreaterThanOrEqual(1)
          expect(window.size).toBeLessThanOrEqual(max)
          expect(window.size - before, 'a call adds one at most').toBeLessThanOrEqual(1)
          expect(window.size, 'only a refusal or a slow call shrinks it').toBeGreaterThanOrEqual(
            outcome === 'failed' ? before : Math.floor(before / 2),
          )
        }
        expect(window.inFlight).toBe(0)
      }),
    )
  })

  test('doubles with each round until the first refusal, is halved, and then grows by two a round', () => {
    const window = new CallWindow(1_000)
    const sizes = [window.size]
    for (let n = 0; n < 3; n++) {
      round(window, { beganMs: n * 10, endedMs: n * 10 + 9 })
      sizes.push(window.size)
    }
    expect(sizes).toEqual([startCalls, 16, 32, 64])
    round(window, { beganMs: 40, endedMs: 49, refused: 64 })
    expect(window.size, 'many refusals in one round are one back-off').toBe(32)
    round(window, { beganMs: 50, endedMs: 59 })
    expect(window.size).toBe(33)
    round(window, { beganMs: 60, endedMs: 69 })
    expect(window.size).toBe(35)
  })

  test('does not grow while it is not used, nor by calls that fail for other reasons', () => {
    const window = new CallWindow(100)
    for (let n = 0; n < 50; n++) {
      window.begin(n * 10)
      window.record(answered(n * 10, n * 10 + 5))
      window.end(n * 10 + 5)
    }
    expect(window.size).toBe(startCalls)
    for (let n = 0; n < startCalls; n++) window.begin(1_000)
    window.record({ ...answered(1_000, 1_001), outcome: 'failed' })
    expect(window.size).toBe(startCalls)
  })

  test('shrinks when the processor slows down, and keeps eight calls of a slow processor', () => {
    const window = new CallWindow(100)
    let nowMs = 0
    for (let n = 0; n < 4; n++, nowMs += 100) round(window, { beganMs: nowMs, endedMs: nowMs + 99 })
    expect(window.size).toBe(100)
    for (let n = 0; n < 30; n++, nowMs += 5_000) {
      round(window, { beganMs: nowMs, endedMs: nowMs + 4_999 })
    }
    expect(window.size).toBe(startCalls)
  })

  test('compares the durations of one kind of call only', () => {
    const window = new CallWindow(64)
    for (let n = 0; n < 200; n++) {
      const beganMs = n * 1_000
      for (let call = 0; call < window.size; call++) window.begin(beganMs)
      const { size } = window
      for (let call = 0; call < size; call++) {
        const kind = call % 2 === 0 ? 'capture' : 'look_up'
        const endedMs = beganMs + (kind === 'capture' ? 700 : 50)
        window.record({ kind, beganMs, endedMs, outcome: 'answered' })
        window.end(endedMs)
      }
    }
    expect(window.size).toBe(64)
  })
})

interface Processor {
  readonly latencyMs: number
  /** Calls that the processor accepts in each second. It refuses the others at once. */
  readonly perSecond: number
}

/** Runs one account with a backlog against a processor, without real time. Returns its figures. */
function simulate(
  { latencyMs, perSecond }: Processor,
  { seconds, ceiling }: Record<string, number>,
) {
  const window = new CallWindow(ceiling ?? 128)
  const untilMs = (seconds ?? 60) * 1_000
  const refusalMs = 40
  /** The accepted calls of the last second, by the time at which they began. */
  const accepted: number[] = []
  const turns: number[] = []
  const calls: EndedCall[] = []
  let taken = 0
  let refused = 0
  for (let nowMs = 0; nowMs < untilMs; nowMs += 5) {
    for (const call of calls.filter(({ endedMs }) => endedMs <= nowMs)) {
      calls.splice(calls.indexOf(call), 1)
      window.record(call)
      window.end(call.endedMs)
      if (nowMs >= untilMs / 3) call.outcome === 'answered' ? taken++ : refused++
    }
    while (accepted[0] !== undefined && accepted[0] <= nowMs - 1_000) accepted.shift()
    while (window.available > 0) {
      window.begin(nowMs)
      turns.push(window.turn(nowMs))
    }
    while (turns[0] !== undefined && turns[0] <= nowMs) {
      turns.shift()
      const isAccepted = accepted.length < perSecond
      if (isAccepted) accepted.push(nowMs)
      const endedMs = nowMs + (isAccepted ? latencyMs : refusalMs)
      const outcome = isAccepted ? 'answered' : 'rate_limited'
      calls.push({ kind: 'capture', beganMs: nowMs, endedMs, outcome })
    }
  }
  const measuredSeconds = (untilMs * 2) / 3 / 1_000
  return { takenPerSecond: taken / measuredSeconds, refusedShare: refused / (taken + refused) }
}

describe('against a simulated processor', () => {
  test('80 captures a second succeed with 700 ms a call and 100 calls a second, few are refused', () => {
    const { takenPerSecond, refusedShare } = simulate(
      { latencyMs: 700, perSecond: 100 },
      { seconds: 120, ceiling: 192 },
    )
    expect(takenPerSecond).toBeGreaterThanOrEqual(80)
    expect(refusedShare).toBeLessThan(0.1)
  })

  test('two thirds of what the processor allows are used, whatever its speed', () => {
    fc.assert(
      fc.property(
        fc.record({
          latencyMs: fc.integer({ min: 50, max: 1_500 }),
          perSecond: fc.integer({ min: 10, max: 150 }),
        }),
        (processor) => {
          const ceiling = 192
          const { takenPerSecond } = simulate(processor, { seconds: 90, ceiling })
          const possible = Math.min(processor.perSecond, (ceiling * 1_000) / processor.latencyMs)
          expect(takenPerSecond).toBeGreaterThanOrEqual((possible * 2) / 3)
        },
      ),
      { numRuns: 25 },
    )
  })

  test('does not shrink after one call that ended early by chance', () => {
    const window = new CallWindow(1_000)
    let nowMs = 0
    for (let n = 0; n < 8; n++, nowMs += 700)
      round(window, { beganMs: nowMs, endedMs: nowMs + 700 })
    const { size } = window
    window.record(answered(nowMs, nowMs + 60))
    for (let n = 0; n < 8; n++, nowMs += 700)
      round(window, { beganMs: nowMs, endedMs: nowMs + 700 })
    expect(window.size).toBeGreaterThanOrEqual(size)
  })
})
