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

/** The time of this machine in milliseconds. Renders the component again each second. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => nowMs)
}

/** Server's clock minus this machine's clock, so that countdowns end when the server's time is up. */
let skewMs = 0

/** Reads the server's clock from a Date header. It has whole seconds, so half a second is added. */
export function recordServerTime(header: string | null): void {
  const serverMs = header === null ? Number.NaN : Date.parse(header)
  if (Number.isNaN(serverMs)) return
  const measuredMs = serverMs + 500 - Date.now()
  // The header cannot show a difference below a second.
  skewMs = Math.abs(measuredMs) < 1_000 ? 0 : measuredMs
}

/** Account's test clock minus the server's clock. */
let offsetMs = 0

/** Records how far the account's test clock was advanced; 0 in live mode. */
export function recordClockOffset(seconds: number): void {
  offsetMs = seconds * 1000
}

/** The account's time on the server, in milliseconds. The server decides due times by it. */
export function useServerNow(): number {
  return useNow() + skewMs + offsetMs
}
