/** A task that runs in the background until it is stopped. */
export interface Loop {
  /** There may be something to do: looks now rather than at the next turn. */
  nudge(): void
  /** Lets the running turn finish and starts no other. */
  stop(): Promise<void>
}

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
}): Loop {
  let stopped = false
  let nudged = false
  let wake: () => void = () => undefined

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
      try {
        hadWork = await options.turn()
        failures = 0
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
      wake()
      await running
    },
  }
}
