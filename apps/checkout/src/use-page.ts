import type { PaymentPage } from '@hedgepayments/contract'
import { useCallback, useEffect, useState } from 'react'
import { type PageApi, PageError } from './api.ts'

export type Loaded =
  | { readonly state: 'loading' }
  | { readonly state: 'missing' }
  | { readonly state: 'broken' }
  | {
      readonly state: 'ready'
      readonly page: PaymentPage
      /** Milliseconds that the server's clock is ahead of this one. */
      readonly aheadMs: number
    }

export type Connection = 'live' | 'lost' | 'offline'

/** How long a broken stream may take to come back before the customer is told. */
const patienceMs = 2_500
/** The browser gives up on what was refused or cut; after this we try again. */
const againMs = 4_000
/** A stream that takes longer to open is closed and tried again: browsers would wait for ever. */
const openMs = 20_000

/**
 * The page's data, live: the server sends every change as it happens. What comes with a lower
 * version than what is shown came late, and is dropped.
 */
export function usePage(api: PageApi) {
  const [loaded, setLoaded] = useState<Loaded>({ state: 'loading' })
  const [round, setRound] = useState(0)
  const show = useCallback((page: PaymentPage) => {
    setLoaded((before) =>
      before.state === 'ready' && before.page.version > page.version
        ? before
        : { state: 'ready', page, aheadMs: Date.parse(page.now) - Date.now() },
    )
  }, [])

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new round reads again
  useEffect(() => {
    let isCurrent = true
    api.read().then(
      (page) => isCurrent && show(page),
      (error: unknown) => {
        if (!isCurrent) return
        const isMissing = error instanceof PageError && error.fault === 'missing'
        setLoaded((before) =>
          before.state === 'ready' ? before : { state: isMissing ? 'missing' : 'broken' },
        )
      },
    )
    return () => {
      isCurrent = false
    }
  }, [api, show, round])

  // Each try that fails makes a new state, and so another try; none begins while one is running.
  useEffect(() => {
    if (loaded.state !== 'broken') return undefined
    const again = () => setRound((last) => last + 1)
    const timer = setTimeout(again, againMs)
    window.addEventListener('online', again)
    return () => {
      clearTimeout(timer)
      window.removeEventListener('online', again)
    }
  }, [loaded])

  const connection = useLive(api, show, loaded.state === 'ready')
  const reload = useCallback(() => {
    setLoaded((before) => (before.state === 'ready' ? before : { state: 'loading' }))
    setRound((last) => last + 1)
  }, [])
  return { loaded, connection, show, reload }
}

function useLive(api: PageApi, show: (page: PaymentPage) => void, isOn: boolean): Connection {
  const [isLost, setLost] = useState(false)
  const [attempt, setAttempt] = useState(0)
  const isOnline = useOnline()

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new attempt connects again
  useEffect(() => {
    if (!isOn || !isOnline) return undefined
    const source = new EventSource(api.liveUrl)
    let lostTimer: ReturnType<typeof setTimeout> | undefined
    let againTimer: ReturnType<typeof setTimeout> | undefined
    let openTimer: ReturnType<typeof setTimeout> | undefined
    const again = () => setAttempt((last) => last + 1)
    const reachable = () => {
      clearTimeout(lostTimer)
      clearTimeout(openTimer)
      lostTimer = undefined
      openTimer = undefined
      setLost(false)
    }
    const expectOpen = () => {
      lostTimer ??= setTimeout(() => setLost(true), patienceMs)
      openTimer ??= setTimeout(again, openMs)
    }
    expectOpen()
    source.onopen = reachable
    source.onmessage = (message: MessageEvent<string>) => {
      reachable()
      show(JSON.parse(message.data) as PaymentPage)
    }
    source.onerror = () => {
      expectOpen()
      if (source.readyState === EventSource.CLOSED) againTimer = setTimeout(again, againMs)
    }
    return () => {
      clearTimeout(lostTimer)
      clearTimeout(openTimer)
      clearTimeout(againTimer)
      source.close()
    }
  }, [api, show, isOn, isOnline, attempt])

  if (!isOnline) return 'offline'
  return isLost ? 'lost' : 'live'
}

function useOnline(): boolean {
  const [isOnline, setOnline] = useState(navigator.onLine)
  useEffect(() => {
    const look = () => setOnline(navigator.onLine)
    window.addEventListener('online', look)
    window.addEventListener('offline', look)
    return () => {
      window.removeEventListener('online', look)
      window.removeEventListener('offline', look)
    }
  }, [])
  return isOnline
}
