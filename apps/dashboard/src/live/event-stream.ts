import type { Event } from '@hedgepayments/contract'
import { eventTypes } from '@hedgepayments/contract/values'

/** Events within this time reach the listeners together. */
const gatherMs = 150
/** A connection that takes longer to open is replaced, because browsers set no limit. */
const openMs = 20_000
/** Pause before a stream that the browser does not reconnect is opened again. */
const reopenMs = 5_000

type Listener = (events: readonly Event[]) => void

const listeners = new Set<Listener>()
let source: EventSource | undefined
let reopening: ReturnType<typeof setTimeout> | undefined
let opening: ReturnType<typeof setTimeout> | undefined
let gathered: Event[] = []
let gathering: ReturnType<typeof setTimeout> | undefined

/**
 * Calls `listener` with new events. Returns a function that unsubscribes. All listeners share one
 * stream, because browsers limit the connections of a page. The last one to unsubscribe closes it.
 */
export function onEvents(listener: Listener): () => void {
  listeners.add(listener)
  open()
  return () => {
    listeners.delete(listener)
    if (listeners.size === 0) close()
  }
}

function open(): void {
  if (source) return
  source = new EventSource('/v1/events/stream')
  // An EventSource needs a listener for each type.
  for (const type of eventTypes) {
    source.addEventListener(type, (message) => gather((message as MessageEvent<string>).data))
  }
  source.addEventListener('open', () => {
    clearTimeout(opening)
    opening = undefined
  })
  source.addEventListener('error', () => {
    // The browser reconnects, unless the server refused the stream.
    if (source?.readyState === EventSource.CLOSED) reopen()
    else expectOpen()
  })
  expectOpen()
}

/** Starts the time limit for opening. */
function expectOpen(): void {
  opening ??= setTimeout(reopen, openMs)
}

function reopen(): void {
  drop()
  reopening ??= setTimeout(() => {
    reopening = undefined
    if (listeners.size > 0) open()
  }, reopenMs)
}

function drop(): void {
  source?.close()
  source = undefined
  clearTimeout(opening)
  opening = undefined
}

function close(): void {
  drop()
  clearTimeout(reopening)
  reopening = undefined
}

function gather(data: string): void {
  gathered.push(JSON.parse(data) as Event)
  if (gathering !== undefined) return
  gathering = setTimeout(() => {
    const events = gathered
    gathered = []
    gathering = undefined
    for (const listener of listeners) listener(events)
  }, gatherMs)
}
