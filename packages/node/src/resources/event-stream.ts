import { type ApiError, ConnectionError, HedgeError, RateLimitError } from '../errors.ts'
import type { RequestCore } from '../request.ts'
import { readMessages } from '../sse.ts'
import type { EventStreamParams, HedgeEvent } from '../types/events.ts'
import { wait } from '../wait.ts'

/** The server gives a sign of life every 15 seconds: after three that did not come it is gone. */
const silenceMaxMs = 45_000

/** Waits between connections: short at first, since most cuts are a restart. */
const reconnectMs = { first: 500, max: 15_000 }

/** What the stream needs beside the connection: the newest events, as lists give them. */
export interface EventSource {
  core: RequestCore
  /** The id of the newest event there is; `undefined`: there is none. */
  newestId(signal: AbortSignal | undefined): Promise<string | undefined>
  /** Every event of the filter, oldest first. */
  all(signal: AbortSignal | undefined): Promise<HedgeEvent[]>
}

/**
 * Events as they happen. A connection that is lost is made again, and goes on after the last event
 * that was taken, so that none is missed. Ends when the signal does; rejects with what will not
 * get better by itself: a key that is refused, a parameter that is wrong.
 */
export async function* streamEvents(
  source: EventSource,
  params: EventStreamParams,
): AsyncGenerator<HedgeEvent, void, undefined> {
  const { signal } = params
  const { lastEventId } = params
  const place: Place = {
    after: lastEventId ?? undefined,
    seen: lastEventId === null ? new Set() : null,
  }
  for (let failures = 0; !signal?.aborted; ) {
    try {
      if (place.after === undefined && place.seen === null) await begin(source, place, signal)
      for await (const event of connectOnce(source, params, place)) {
        failures = 0
        yield event
        place.after = event.id
      }
      params.onDisconnect?.(undefined)
    } catch (error) {
      if (signal?.aborted) return
      if (!isPassing(error)) throw error
      params.onDisconnect?.(error)
      failures += 1
    }
    await wait(delayMs(failures), signal).catch(() => undefined)
  }
}

/** How far the reader is. Where no event existed at first, there is no id to go on after. */
interface Place {
  after: string | undefined
  /** Without an id: the events that were given already. */
  seen: Set<string> | null
}

async function begin(source: EventSource, place: Place, signal: AbortSignal | undefined) {
  place.after = await source.newestId(signal)
  if (place.after === undefined) place.seen = new Set()
}

async function* connectOnce(
  source: EventSource,
  params: EventStreamParams,
  place: Place,
): AsyncGenerator<HedgeEvent, void, undefined> {
  const silence = new AbortController()
  const signals = params.signal ? [params.signal, silence.signal] : [silence.signal]
  const stillAlive = () => {
    clearTimeout(timer)
    timer = setTimeout(() => silence.abort(), silenceMaxMs)
  }
  let timer: ReturnType<typeof setTimeout> | undefined
  stillAlive()
  try {
    const body = await source.core.open(
      { path: ['events', 'stream'], query: { type: params.type, payment_id: params.payment_id } },
      {
        signal: AbortSignal.any(signals),
        headers: place.after === undefined ? {} : { 'last-event-id': place.after },
      },
    )
    params.onConnect?.()
    const { seen } = place
    // Without an id to go on after: what came before the connection stood is in the list.
    for (const event of place.after === undefined ? await source.all(params.signal) : []) {
      if (!seen?.has(event.id)) yield event
      seen?.add(event.id)
    }
    for await (const { data } of readMessages(body, stillAlive)) {
      const event = parse(data)
      if (!seen?.has(event.id)) yield event
    }
  } catch (cause) {
    const isSilent = silence.signal.aborted
    if (cause instanceof HedgeError && !isSilent) throw cause
    const message = isSilent ? 'nothing came for too long' : 'the stream broke off'
    throw new ConnectionError(message, { code: 'connection_failed', cause })
  } finally {
    clearTimeout(timer)
    silence.abort()
  }
}

/** Whether trying again can help: no answer, too many requests, or a server that is not well. */
function isPassing(error: unknown): error is HedgeError {
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
