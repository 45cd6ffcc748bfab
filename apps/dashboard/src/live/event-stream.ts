import type { Event } from '@hedgepayments/contract'

/** Events that come in a burst are told of together, in milliseconds. */
const gatherMs = 150
/** A connection that takes longer to open is closed, and opened again: browsers would wait for ever. */
const openMs = 20_000
/** How long to wait before the stream is opened again after it broke for good. */
const reopenMs = 5_000

type Listener = (events: readonly Event[]) => void

const listeners = new Set<Listener>()
let source: EventSource | undefined
let reopening: ReturnType<typeof setTimeout> | undefined
let opening: ReturnType<typeof setTimeout> | undefined
let gathered: Event[] = []
let gathering: ReturnType<typeof setTimeout> | undefined

/**
 * Has `listener` told of events as they happen. All who listen share one stream, which is closed
 * when nobody does: browsers give a page only a few connections to a server.
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
  for (const type of streamedTypes) {
    source.addEventListener(type, (message) => gather((message as MessageEvent<string>).data))
  }
  source.addEventListener('open', () => {
    clearTimeout(opening)
    opening = undefined
  })
  source.addEventListener('error', () => {
    // The browser reconnects by itself, unless the server refused.
    if (source?.readyState === EventSource.CLOSED) reopen()
    else expectOpen()
  })
  expectOpen()
}

/** Gives the connection its time to open. */
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

/** Every type of event; an EventSource is told of each by its name. */
const streamedTypes = [
  'payment.created',
  'payment.action_required',
  'payment.initiated',
  'payment.processing',
  'payment.succeeded',
  'payment.failed',
  'payment.canceled',
  'payment.late_capture_refunded',
  'payment.refunded',
  'payment.refund_succeeded',
  'payment.refund_failed',
  'payment.reversal_requested',
  'payment.settled',
  'ach.returned',
  'webhook_endpoint.disabled',
] as const satisfies Event['type'][]
