import { useSyncExternalStore } from 'react'

let nowMs = Date.now()
const listeners = new Set<() => void>()
let timer: ReturnType<typeof setInterval> | undefined

function subscribe(onTick: () => void): () => void {
  listeners.add(onTick)
  if (timer === undefined) nowMs = Date.now()
  timer ??= setInterval(() => {
    nowMs = Date.now()
    for (const listener of listeners) listener()
  }, 1_000)
  return () => {
    listeners.delete(onTick)
    if (listeners.size > 0 || timer === undefined) return
    clearInterval(timer)
    timer = undefined
  }
}

/** The time, in milliseconds; the component is drawn again each second. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => nowMs)
}

/**
 * How far the server's clock is ahead of this machine's, in milliseconds: countdowns end when the
 * server says so, whatever the reader's clock shows.
 */
let skewMs = 0

/** Learns the server's clock from a Date header (whole seconds, so half a second is added). */
export function noteServerTime(header: string | null): void {
  const serverMs = header === null ? Number.NaN : Date.parse(header)
  if (Number.isNaN(serverMs)) return
  const seen = serverMs + 500 - Date.now()
  // Within a second the two agree as well as the header can tell.
  skewMs = Math.abs(seen) < 1_000 ? 0 : seen
}

/** How far a test clock is ahead of the server's, in milliseconds. */
let offsetMs = 0

/** Learns how far the account's test clock was advanced; 0 in live mode. */
export function noteClockOffset(seconds: number): void {
  offsetMs = seconds * 1000
}

/** The time by which the server decides what is due. */
export function useServerNow(): number {
  return useNow() + skewMs + offsetMs
}
