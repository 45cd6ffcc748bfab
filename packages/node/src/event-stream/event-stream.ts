import { type ApiError, ConnectionError, HedgeError, RateLimitError } from '../errors.ts'
import type { RequestCore } from '../request/core.ts'
import { wait } from '../request/wait.ts'
import type { EventStreamParams, HedgeEvent } from '../types/events.ts'
import { readMessages } from './sse.ts'

/** The server sends a heartbeat every 15 seconds. After three missing ones, the connection is dead. */
const silenceMaxMs = 45_000

/** Delays before reconnecting: short at first, because most lost connections are restarts. */
const reconnectMs = { first: 500, max: 15_000 }

/** The API calls of a stream. */
export interface EventSource {
  core: RequestCore
  /** The id of the newest event; `undefined` if there is no event. */
  newestId(signal: AbortSignal | undefined): Promise<string | undefined>
  /** All events that match the filter, oldest first. */
  all(signal: AbortSignal | undefined): Promise<HedgeEvent[]>
}

/**
 * Streams events as they happen. After a lost connection, reconnects and continues after the last
 * event, so that no event is missed. Ends when the signal aborts. Rejects with errors that a retry
 * does not fix, such as a refused key or a wrong parameter.
 */
export async function* streamEvents(
  source: EventSource,
  params: EventStreamParams,
): AsyncGenerator<HedgeEvent, void, undefined> {
  const { signal } = params
  const { lastEventId } = params
  const position: Position = {
    after: lastEventId ?? undefined,
    seen: lastEventId === null ? new Set() : null,
  }
  for (let failures = 0; !signal?.aborted; ) {
    try {
      if (position.after === undefined && position.seen === null)
        await begin(source, position, signal)
      for await (const event of connectOnce(source, params, position)) {
        failures = 0
        yield event
        position.after = event.id
      }
      params.onDisconnect?.(undefined)
    } catch (error) {
      if (signal?.aborted) return
      if (!isTemporary(error)) throw error
      params.onDisconnect?.(error)
      failures += 1
    }
    await wait(delayMs(failures), signal).catch(() => undefined)
  }
}

/** The position of the reader. If no event existed at first, it is a set instead of an id. */
interface Position {
  after: string | undefined
  /** The ids of the returned events, if there is no id to continue after. */
  seen: Set<string> | null
}

async function begin(source: EventSource, position: Position, signal: AbortSignal | undefined) {
  position.after = await source.newestId(signal)
  if (position.after === undefined) position.seen = new Set()
}

async function* connectOnce(
  source: EventSource,
  params: EventStreamParams,
  position: Position,
): AsyncGenerator<HedgeEvent, void, undefined> {
  const silence = new AbortController()
  const signals = params.signal ? [params.signal, silence.signal] : [silence.signal]
  const onData = () => {
    clearTimeout(timer)
    timer = setTimeout(() => silence.abort(), silenceMaxMs)
  }
  let timer: ReturnType<typeof setTimeout> | undefined
  onData()
  try {
    const body = await source.core.open(
      { path: ['events', 'stream'], query: { type: params.type, payment_id: params.payment_id } },
      {
        signal: AbortSignal.any(signals),
        headers: position.after === undefined ? {} : { 'last-event-id': position.after },
      },
    )
    params.onConnect?.()
    const { seen } = position
    // Without an id to continue after, events before the connection come from the list.
    for (const event of position.after === undefined ? await source.all(params.signal) : []) {
      if (!seen?.has(event.id)) yield event
      seen?.add(event.id)
    }
    for await (const { data } of readMessages(body, onData)) {
      const event = parse(data)
      if (!seen?.has(event.id)) yield event
    }
  } catch (cause) {
    const isSilent = silence.signal.aborted
    if (cause instanceof HedgeError && !isSilent) throw cause
    const message = isSilent
      ? 'the server sent nothing for 45 seconds'
      : 'the stream was interrupted'
    throw new ConnectionError(message, { code: 'connection_failed', cause })
  } finally {
    clearTimeout(timer)
    silence.abort()
  }
}

/** Whether a retry can help: no answer, too many requests, or a server error. */
function isTemporary(error: unknown): error is HedgeError {
  if (error instanceof ConnectionError || error instanceof RateLimitError) return true
  const status = error instanceof HedgeError ? (error as ApiError).status : undefined
  return status !== undefined && status >= 500
}

function delayMs(failures: number): number {
  const ceiling = Math.min(reconnectMs.max, reconnectMs.first * 2 ** failures)
  return ceiling / 2 + Math.random() * (ceiling / 2)
}

function parse(data: string): HedgeEvent {
  return JSON.parse(data)
}
