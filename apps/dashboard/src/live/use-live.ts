import { useEffect, useRef } from 'react'
import { onEvents } from './event-stream.ts'
import { refreshMs } from './query-client.ts'

/**
 * Keeps something true while it is on screen: runs `refresh` when an event says that something
 * changed, and every few seconds in any case. Never twice at once; not at all while hidden.
 */
export function useLive(refresh: () => Promise<void>): void {
  const latest = useRef(refresh)
  useEffect(() => {
    latest.current = refresh
  })
  useEffect(() => {
    let running = false
    let again = false
    const run = async () => {
      if (document.hidden) return
      if (running) {
        again = true
        return
      }
      running = true
      do {
        again = false
        await latest.current().catch(() => undefined)
      } while (again)
      running = false
    }
    const timer = setInterval(() => void run(), refreshMs)
    const wake = () => void run()
    const stop = onEvents(wake)
    document.addEventListener('visibilitychange', wake)
    return () => {
      clearInterval(timer)
      stop()
      document.removeEventListener('visibilitychange', wake)
    }
  }, [])
}
