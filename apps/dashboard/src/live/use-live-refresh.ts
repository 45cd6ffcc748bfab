import { useEffect, useRef } from 'react'
import { onEvents } from './event-stream.ts'
import { refreshMs } from './query-client.ts'

/**
 * Runs `refresh` after each event of the account and every few seconds. Never runs it twice at the
 * same time, and never while the page is hidden.
 */
export function useLiveRefresh(refresh: () => Promise<void>): void {
  const latest = useRef(refresh)
  useEffect(() => {
    latest.current = refresh
  })
  useEffect(() => {
    let isRunning = false
    let isDue = false
    const run = async () => {
      if (document.hidden) return
      isDue = true
      if (isRunning) return
      isRunning = true
      while (isDue) {
        isDue = false
        await latest.current().catch(() => undefined)
      }
      isRunning = false
    }
    const wake = () => void run()
    const timer = setInterval(wake, refreshMs)
    const unsubscribe = onEvents(wake)
    document.addEventListener('visibilitychange', wake)
    return () => {
      clearInterval(timer)
      unsubscribe()
      document.removeEventListener('visibilitychange', wake)
    }
  }, [])
}
