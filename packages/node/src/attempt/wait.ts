import { onAbort } from './abort.ts'

/** Waits for the delay, or until the signal aborts. */
export function wait(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer)
      release()
      resolve()
    }
    let timer: ReturnType<typeof setTimeout> | undefined
    let release = () => {}
    release = onAbort(signal, end)
    // Last, so that no failure leaves the timer.
    if (!signal?.aborted) timer = setTimeout(end, delayMs)
  })
}
