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
export function startLoop(options: LoopOptions): Loop {
  return new TurnLoop(options)
}

interface LoopOptions {
  readonly turn: () => Promise<boolean>
  readonly idleMs: number
  readonly onError: (error: unknown) => void
  /** Default: the loop never yields. */
  readonly yieldPolicy?: YieldPolicy | undefined
  /** Default: the time of this machine. */
  readonly clock?: LoopClock
}

class TurnLoop implements Loop {
  readonly #options: LoopOptions
  readonly #clock: LoopClock
  readonly #stopping = new AbortController()
  readonly #running: Promise<void>
  /** Consecutive turns that have failed. */
  #failures = 0
  #isNudged = false
  /** Ends the pause. */
  #wake: () => void = () => undefined

  constructor(options: LoopOptions) {
    this.#options = options
    this.#clock = options.clock ?? realClock
    this.#running = this.#run()
  }

  nudge(): void {
    this.#isNudged = true
    this.#wake()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#wake()
    await this.#running
  }

  async #run(): Promise<void> {
    const { idleMs } = this.#options
    while (!this.#stopping.signal.aborted) {
      this.#isNudged = false
      const foundWork = await this.#runTurn()
      if (this.#failures > 0) {
        this.#isNudged = false
        await this.#pause(Math.min(pauseMsMax, idleMs * 2 ** this.#failures))
      } else if (!foundWork) await this.#pause(idleMs)
    }
  }

  async #runTurn(): Promise<boolean> {
    const startedMs = this.#clock.nowMs()
    try {
      const foundWork = await this.#options.turn()
      this.#failures = 0
      const pauseMs = yieldMsOf(this.#options.yieldPolicy, this.#clock.nowMs() - startedMs)
      // A nudge does not shorten this pause: it says that work is due, which is why the loop yields.
      if (pauseMs > 0) await this.#clock.sleep(pauseMs, this.#stopping.signal)
      return foundWork
    } catch (error) {
      this.#failures++
      this.#options.onError(error)
      return false
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.#stopping.signal.aborted || this.#isNudged) return resolve()
      const timer = setTimeout(resolve, ms)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}

/** The pause for requests after a turn, in milliseconds. */
function yieldMsOf(policy: YieldPolicy | undefined, tookMs: number): number {
  return policy?.isBusy() ? Math.min(yieldMsMax, tookMs * policy.pauseFactor) : 0
}
