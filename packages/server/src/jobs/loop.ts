import { setTimeout as sleep } from 'node:timers/promises'

/** A task that runs in the background until it is stopped. */
export interface Loop {
  /** There may be something to do: looks now rather than at the next turn. */
  nudge(): void
  /** Lets the running turn finish and starts no other. */
  stop(): Promise<void>
}

/** Who goes first while there is more to do than processors for it. */
export interface Courtesy {
  /** Whether somebody waits for an answer. */
  readonly isBusy: () => boolean
  /** For how long others are left alone then: so many times as long as the turn before has taken. */
  readonly times: number
}

/** Longest that work is put off for others at once: it goes on, however busy it is. */
const courtesyMsMax = 500

/** Longest pause after failures in a row: a database that comes back is noticed soon. */
const pauseMsMax = 5_000

/**
 * Runs `turn` over and over while it finds something to do, then every `idleMs`. A turn that
 * throws is reported and tried again after a pause that grows.
 */
export function startLoop(options: {
  turn: () => Promise<boolean>
  idleMs: number
  onError: (error: unknown) => void
  courtesy?: Courtesy | undefined
}): Loop {
  const { courtesy } = options
  let stopped = false
  let nudged = false
  let wake: () => void = () => undefined
  const stopping = new AbortController()

  /** Unlike a pause it is not cut short: a nudge says that there is work, which is known. */
  const giveWay = async (tookMs: number) => {
    if (!courtesy?.isBusy()) return
    const ms = Math.min(courtesyMsMax, tookMs * courtesy.times)
    await sleep(ms, undefined, { signal: stopping.signal }).catch(() => undefined)
  }

  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      if (stopped || nudged) return resolve()
      const timer = setTimeout(resolve, ms)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })

  const running = (async () => {
    let failures = 0
    while (!stopped) {
      nudged = false
      let hadWork = false
      const startedMs = performance.now()
      try {
        hadWork = await options.turn()
        failures = 0
        await giveWay(performance.now() - startedMs)
      } catch (error) {
        failures++
        options.onError(error)
      }
      if (failures > 0) nudged = false
      if (failures > 0) await pause(Math.min(pauseMsMax, options.idleMs * 2 ** failures))
      else if (!hadWork) await pause(options.idleMs)
    }
  })()

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
