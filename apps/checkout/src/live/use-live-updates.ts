import type { PaymentPage } from '@hedgepayments/contract'
import { useEffect, useState } from 'react'
import type { PageApi } from '../api.ts'

/** The state of the live updates. `offline`: the device has no network. */
export type Connection = 'live' | 'lost' | 'offline'

/** A stream that reconnects within this time was not lost for the customer. */
const toleranceMs = 2_500
/** Pause before a stream that the browser does not reconnect is opened again. */
const reopenMs = 4_000
/** A stream that takes longer to open is replaced, because browsers set no limit. */
const openMs = 20_000

/** Shows each change that the server streams, while `isOn`. Returns the state of the connection. */
export function useLiveUpdates(
  api: PageApi,
  show: (page: PaymentPage) => void,
  isOn: boolean,
): Connection {
  const [isLost, setLost] = useState(false)
  const [attempt, setAttempt] = useState(0)
  const isOnline = useOnline()

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new attempt connects again
  useEffect(() => {
    if (!isOn || !isOnline) return undefined
    return openStream(api.liveUrl, {
      onPage: show,
      onOpen: () => setLost(false),
      onLost: () => setLost(true),
      onBroken: () => setAttempt((last) => last + 1),
    })
  }, [api, show, isOn, isOnline, attempt])

  if (!isOnline) return 'offline'
  return isLost ? 'lost' : 'live'
}

interface StreamEvents {
  readonly onPage: (page: PaymentPage) => void
  readonly onOpen: () => void
  readonly onLost: () => void
  /** The stream needs to be replaced. */
  readonly onBroken: () => void
}

/** Opens the stream. Returns a function that closes it. */
function openStream(url: string, { onPage, onOpen, onLost, onBroken }: StreamEvents): () => void {
  const source = new EventSource(url)
  let lostTimer: ReturnType<typeof setTimeout> | undefined
  let reopenTimer: ReturnType<typeof setTimeout> | undefined
  let openTimer: ReturnType<typeof setTimeout> | undefined
  const stopWaiting = () => {
    clearTimeout(lostTimer)
    clearTimeout(openTimer)
    lostTimer = undefined
    openTimer = undefined
    onOpen()
  }
  const waitForOpen = () => {
    lostTimer ??= setTimeout(onLost, toleranceMs)
    openTimer ??= setTimeout(onBroken, openMs)
  }
  waitForOpen()
  source.onopen = stopWaiting
  source.onmessage = (message: MessageEvent<string>) => {
    stopWaiting()
    onPage(JSON.parse(message.data) as PaymentPage)
  }
  source.onerror = () => {
    waitForOpen()
    if (source.readyState === EventSource.CLOSED) reopenTimer = setTimeout(onBroken, reopenMs)
  }
  return () => {
    clearTimeout(lostTimer)
    clearTimeout(openTimer)
    clearTimeout(reopenTimer)
    source.close()
  }
}

function useOnline(): boolean {
  const [isOnline, setOnline] = useState(navigator.onLine)
  useEffect(() => {
    const update = () => setOnline(navigator.onLine)
    window.addEventListener('online', update)
    window.addEventListener('offline', update)
    return () => {
      window.removeEventListener('online', update)
      window.removeEventListener('offline', update)
    }
  }, [])
  return isOnline
}
