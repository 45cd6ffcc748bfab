import type { PaymentPage } from '@hedgepayments/contract'
import { useCallback, useEffect, useState } from 'react'
import { type PageApi, PageError } from '../api.ts'
import { useLiveUpdates } from './use-live-updates.ts'

/** The state of the page's data. `broken`: the data could not be loaded. */
export type Loaded =
  | { readonly state: 'loading' }
  | { readonly state: 'missing' }
  | { readonly state: 'broken' }
  | {
      readonly state: 'ready'
      readonly page: PaymentPage
      /** Server's clock minus this device's clock. */
      readonly aheadMs: number
    }

/** Pause before the next try after the page could not be loaded. */
const retryMs = 4_000

/**
 * The page's data, live. `show` takes the data of an answer or an update, and ignores data that is
 * older than the data shown. `reload` reads the data again.
 */
export function usePage(api: PageApi) {
  const [loaded, setLoaded] = useState<Loaded>({ state: 'loading' })
  const [reads, setReads] = useState(0)
  const show = useCallback((page: PaymentPage) => {
    setLoaded((before) =>
      before.state === 'ready' && before.page.version > page.version
        ? before
        : { state: 'ready', page, aheadMs: Date.parse(page.now) - Date.now() },
    )
  }, [])
  const fail = useCallback((error: unknown) => {
    const isMissing = error instanceof PageError && error.fault === 'missing'
    setLoaded((before) =>
      before.state === 'ready' ? before : { state: isMissing ? 'missing' : 'broken' },
    )
  }, [])

  // biome-ignore lint/correctness/useExhaustiveDependencies: each new count reads again
  useEffect(() => {
    let isCurrent = true
    api.read().then(
      (page) => isCurrent && show(page),
      (error: unknown) => isCurrent && fail(error),
    )
    return () => {
      isCurrent = false
    }
  }, [api, show, fail, reads])

  const readAgain = useCallback(() => setReads((count) => count + 1), [])
  useRetry(loaded, readAgain)
  const connection = useLiveUpdates(api, show, loaded.state === 'ready')
  const reload = useCallback(() => {
    setLoaded((before) => (before.state === 'ready' ? before : { state: 'loading' }))
    readAgain()
  }, [readAgain])
  return { loaded, connection, show, reload }
}

/** Reads again after a failure, and as soon as the device is online. */
function useRetry(loaded: Loaded, readAgain: () => void): void {
  // Each failure sets a new object, so that the effect runs again. No two reads run at a time.
  useEffect(() => {
    if (loaded.state !== 'broken') return undefined
    const timer = setTimeout(readAgain, retryMs)
    window.addEventListener('online', readAgain)
    return () => {
      clearTimeout(timer)
      window.removeEventListener('online', readAgain)
    }
  }, [loaded, readAgain])
}
