import { setTimeout as sleep } from 'node:timers/promises'

/** Background work that repeats until it is stopped. */
export interface Loop {
  /** Starts the next turn now instead of after the pause: new work may be due. */
  nudge(): void
  /** Waits for the turn in progress and starts no other. */
  stop(): Promise<void>
}

/** How a loop yields to requests while this process is busy. */
export interface YieldPolicy {
  /** Whether requests compete with the loop for the CPU. */
  readonly isBusy: () => boolean
  /** The pause after a turn in a busy process, as a multiple of the duration of the turn. */
  readonly pauseFactor: number
}

/** How a loop measures its turns, and pauses for requests. */
export interface LoopClock {
  readonly nowMs: () => number
  /** Resolves after the pause, or when the signal is aborted. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
}

const realClock: LoopClock = {
  nowMs: () => performance.now(),
  sleep: (ms, signal) => sleep(ms, undefined, { signal }).catch(() => undefined),
}

/** Longest pause for requests: the work advances, however busy the process is. */
const yieldMsMax = 500

/** Longest pause after consecutive failures: a loop resumes soon after the database does. */
const pauseMsMax = 5_000

/**
 * Runs `turn` without a pause while it returns `true` (it found work), and every `idleMs` otherwise.
 * A turn that throws is passed to `onError`. The pauses between consecutive failures double.
 */
export function startLoop(options: {
  turn: () => Promise<boolean>
  idleMs: number
  onError: (error: unknown) => void
  /** Default: the loop never yields. */
  yieldPolicy?: YieldPolicy | undefined
  /** Default: the time of this machine. */
  clock?: LoopClock
}): Loop {
  const { clock = realClock } = options
  let stopped = false
  let nudged = false
  let wake: () => void = () => undefined
  const stopping = new AbortController()

  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      if (stopped || nudged) return resolve()
      const timer = setTimeout(resolve, ms)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })

  const run = async () => {
    let failures = 0
    while (!stopped) {
      nudged = false
      let foundWork = false
      const startedMs = clock.nowMs()
      try {
        foundWork = await options.turn()
        failures = 0
        const pauseMs = yieldMsOf(options.yieldPolicy, clock.nowMs() - startedMs)
        // A nudge does not shorten this pause: it says that work is due, which is why the loop yields.
        if (pauseMs > 0) await clock.sleep(pauseMs, stopping.signal)
      } catch (error) {
        failures++
        options.onError(error)
      }
      if (failures > 0) nudged = false
      if (failures > 0) await pause(Math.min(pauseMsMax, options.idleMs * 2 ** failures))
      else if (!foundWork) await pause(options.idleMs)
    }
  }
  const running = run()

  return {
    nudge() {
      nudged = true
      wake()
    },
    async stop() {
      stopped = true
      stopping.abort()
      wake()
      await running
    },
  }
}

/** The pause for requests after a turn, in milliseconds. */
function yieldMsOf(policy: YieldPolicy | undefined, tookMs: number): number {
  return policy?.isBusy() ? Math.min(yieldMsMax, tookMs * policy.pauseFactor) : 0
}
