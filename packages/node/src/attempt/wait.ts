import { onAbort } from './abort.ts'

/** Waits for the delay, or until the signal aborts. */
export function wait(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer)
      release()
      resolve()
    }
    const timer = setTimeout(end, delayMs)
    let release = () => {}
    release = onAbort(signal, end)
  })
}
