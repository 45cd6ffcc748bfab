import { onAbort } from '../attempt/abort.ts'
import { wait } from '../attempt/wait.ts'
import { ApiError, ConnectionError, HedgeError } from '../errors.ts'
import type { RequestCore } from '../request/core.ts'
import { isTransient } from '../request/retry.ts'
import type { EventStreamParams, HedgeEvent } from '../types/events.ts'
import type { RequestOptions } from '../types/options.ts'
import { readMessages, unreadableStream } from './sse.ts'
import { checkStream, type StreamCall } from './stream-call.ts'

/** The server sends a heartbeat every 15 seconds. After three missing ones, the connection is dead. */
const silenceMaxMs = 45_000

/** Delays before reconnecting: short at first, because most lost connections are restarts. */
const reconnectMs = { first: 500, max: 15_000 }

/** A connection that lasted this long worked. Shorter ones without an event count as failures. */
const workedMs = 15_000

/** A longer `Retry-After` is shortened to this, so that a stream reconnects within an hour. */
const retryAfterMaxSeconds = 3_600

/** The API calls of a stream. */
export interface EventSource {
  core: RequestCore
  /** The id of the newest event; `undefined` if there is no event. */
  newestId(options: RequestOptions): Promise<string | undefined>
  /** All events that match the filter, oldest first. */
  all(params: EventStreamParams, options: RequestOptions): Promise<HedgeEvent[]>
}

/**
 * Streams events as they happen. After a lost connection, reconnects and continues after the last
 * event, so that no event is missed. Ends when the signal of the parameters or of the options aborts.
 * Rejects with errors that a retry does not fix, such as a refused key, a wrong parameter, or an answer
 * that is not a stream of events.
 */
export async function* streamEvents(
  source: EventSource,
  params: EventStreamParams,
  options: RequestOptions | undefined,
): AsyncGenerator<HedgeEvent, void, undefined> {
  const call = checkStream(params, options)
  const ended = new AbortController()
  const releases = call.signals.map((signal) => onAbort(signal, () => ended.abort(signal.reason)))
  try {
    yield* streamUntil(source, { ...call, signal: ended.signal })
  } finally {
    for (const release of releases) release()
  }
}

async function* streamUntil(
  source: EventSource,
  call: ActiveCall,
): AsyncGenerator<HedgeEvent, void, undefined> {
  const { params, signal } = call
  const { lastEventId } = params
  const position: Position = {
    after: lastEventId ?? undefined,
    seen: lastEventId === null ? new Set() : null,
  }
  for (let failures = 0; !signal.aborted; ) {
    const startedMs = performance.now()
    let error: HedgeError | undefined
    try {
      if (position.after === undefined && position.seen === null)
        await begin(source, call, position)
      for await (const event of connectOnce(source, call, position)) {
        failures = 0
        yield event
        position.after = event.id
      }
    } catch (caught) {
      if (signal.aborted) return
      if (!isTemporary(caught)) throw caught
      error = caught
    }
    params.onDisconnect?.(error)
    if (performance.now() - startedMs >= workedMs) failures = 0
    failures += 1
    await wait(delayMs(failures, error), signal)
  }
}

/** Where the stream continues after a lost connection. */
interface Position {
  /** The id of the last event; `undefined` until there is one. */
  after: string | undefined
  /** The ids of the returned events, if the stream began without an id to continue after. */
  seen: Set<string> | null
}

type ActiveCall = StreamCall & { signal: AbortSignal }

async function begin(source: EventSource, { options, signal }: ActiveCall, position: Position) {
  position.after = await source.newestId({ ...options, signal })
  if (position.after === undefined) position.seen = new Set()
}

async function* connectOnce(
  source: EventSource,
  { params, options, signal }: ActiveCall,
  position: Position,
): AsyncGenerator<HedgeEvent, void, undefined> {
  const connection = new AbortController()
  const release = onAbort(signal, () => connection.abort())
  let isSilent = false
  let timer: ReturnType<typeof setTimeout> | undefined
  const onData = () => {
    clearTimeout(timer)
    timer = setTimeout(() => {
      isSilent = true
      connection.abort()
    }, silenceMaxMs)
  }
  try {
    const after = position.after === undefined ? {} : { 'last-event-id': position.after }
    const body = await source.core.open(
      { path: ['events', 'stream'], query: { type: params.type, payment_id: params.payment_id } },
      { ...options, signal: connection.signal, headers: { ...options.headers, ...after } },
    )
    onData()
    params.onConnect?.()
    const { seen } = position
    // Without an id to continue after, events before the connection come from the list.
    const earlier =
      position.after === undefined ? await source.all(params, { ...options, signal }) : []
    for (const event of earlier) {
      if (!seen?.has(event.id)) yield event
      seen?.add(event.id)
    }
    for await (const { data } of readMessages(body, onData)) {
      const event = parse(data)
      if (!seen?.has(event.id)) yield event
    }
  } catch (cause) {
    if (cause instanceof HedgeError && !isSilent) throw cause
    const message = isSilent
      ? 'the server sent nothing for 45 seconds'
      : 'the stream was interrupted'
    throw new ConnectionError(message, { code: 'connection_failed', cause })
  } finally {
    clearTimeout(timer)
    release()
    connection.abort()
  }
}

/** Whether a retry can help: no answer, too many requests, or a server error. */
function isTemporary(error: unknown): error is HedgeError {
  if (!(error instanceof HedgeError)) return false
  return isTransient(error) || (error.status !== undefined && error.status >= 500)
}

/** `failures` counts from 1. The delay is never shorter than the server's `Retry-After`. */
function delayMs(failures: number, error: HedgeError | undefined): number {
  const ceilingMs = Math.min(reconnectMs.max, reconnectMs.first * 2 ** (failures - 1))
  const jitterMs = ceilingMs / 2 + Math.random() * (ceilingMs / 2)
  const retryAfterSeconds = (error instanceof ApiError ? error.retryAfter : undefined) ?? 0
  return Math.max(jitterMs, Math.min(retryAfterSeconds, retryAfterMaxSeconds) * 1_000)
}

function parse(data: string): HedgeEvent {
  let event: HedgeEvent | null
  try {
    event = JSON.parse(data)
  } catch {
    throw unreadableStream('an event is not JSON')
  }
  // Without an id the stream could not continue after the event.
  if (typeof event !== 'object' || typeof event?.id !== 'string' || event.id === '') {
    throw unreadableStream('an event has no id')
  }
  return event
}
