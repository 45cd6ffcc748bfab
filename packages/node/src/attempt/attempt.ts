import {
  AbortedError,
  ConnectionError,
  HedgeError,
  InvalidResponseError,
  TimeoutError,
} from '../errors.ts'
import { isError } from '../realm.ts'
import { answerError, unreadableAnswerError } from '../request/answer-error.ts'
import type { Fetch } from '../types/options.ts'
import { onAbort } from './abort.ts'

/** An answer with its whole body. */
export interface ReadAnswer {
  status: number
  statusText: string
  headers: Headers
  text: string
}

/** The body of an endless answer. A `fetch` that is built on Node's streams gives an async iterable. */
export type StreamBody = ReadableStream<Uint8Array> | AsyncIterable<Uint8Array | string>

interface Attempt {
  url: string
  init: RequestInit
  signal: AbortSignal | undefined
  timeoutMs: number
}

/**
 * Sends a request once and reads the whole answer within the timeout. A failure is returned, not
 * thrown: TimeoutError, AbortedError or ConnectionError.
 */
export async function attemptOnce(
  fetch: Fetch,
  attempt: Attempt,
): Promise<ReadAnswer | HedgeError> {
  const read = async (signal: AbortSignal): Promise<ReadAnswer> => {
    const response = await fetch(attempt.url, { ...attempt.init, signal })
    const { status, statusText, headers } = response
    return requireReadable({ status, statusText, headers, text: await response.text() })
  }
  try {
    return await withDeadline(attempt, (signal) =>
      read(signal).catch((cause) => {
        // A HedgeError of a custom `fetch` is final: it is not repeated.
        throw cause instanceof HedgeError ? cause : connectionFailed(cause)
      }),
    )
  } catch (error) {
    return error instanceof HedgeError ? error : connectionFailed(error)
  }
}

/** The `fetch` of an application may return anything. Throws unless the SDK can read it. */
function requireReadable(answer: ReadAnswer): ReadAnswer {
  const { status, headers, text } = answer
  const isReadable =
    typeof status === 'number' && typeof headers?.get === 'function' && typeof text === 'string'
  if (isReadable) return answer
  throw new TypeError('fetch returned something without the status, headers and text of a Response')
}

/**
 * Sends a request once and returns the body of its endless answer. The timeout covers the headers of
 * the answer. Throws what `attemptOnce` returns, the ApiError of an answer that is not a success, or
 * InvalidResponseError if a success is not a stream of events.
 */
export async function openOnce(fetch: Fetch, attempt: Attempt): Promise<StreamBody> {
  const open = async (deadline: AbortSignal) => {
    // The caller's signal must end the body as well, long after the deadline.
    const signals = attempt.signal ? [attempt.signal, deadline] : [deadline]
    const response = await fetch(attempt.url, { ...attempt.init, signal: AbortSignal.any(signals) })
    const { status, statusText, headers } = response
    const type = headers.get('content-type') ?? ''
    if (status === 200 && /^\s*text\/event-stream\b/i.test(type)) return bodyOf(response)
    const answer = { status, statusText, headers, text: await response.text() }
    throw status === 200 ? unreadableAnswerError(answer) : answerError(answer, Date.now())
  }
  try {
    return await withDeadline(attempt, open)
  } catch (cause) {
    throw cause instanceof HedgeError ? cause : connectionFailed(cause)
  }
}

function bodyOf({ body, status }: Response): StreamBody {
  const isStream =
    body !== null &&
    typeof body === 'object' &&
    (typeof body.getReader === 'function' || Symbol.asyncIterator in body)
  if (isStream) return body
  throw new InvalidResponseError('the stream of events has no body that can be read in parts', {
    code: 'unexpected_response',
    status,
  })
}

/**
 * Runs `run` until the timeout or until the caller's signal aborts. Then rejects at once, because a
 * custom `fetch` may ignore its signal, and aborts the signal that `run` got.
 */
async function withDeadline<T>(
  { signal, timeoutMs }: Pick<Attempt, 'signal' | 'timeoutMs'>,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (signal?.aborted) throw aborted(signal)
  const controller = new AbortController()
  let stop: (error: HedgeError) => void = () => {}
  const stopped = new Promise<never>((_, reject) => {
    stop = (error) => {
      reject(error)
      controller.abort()
    }
  })
  let timer: ReturnType<typeof setTimeout> | undefined
  let release = () => {}
  try {
    release = onAbort(signal, () => stop(aborted(signal)))
    timer = setTimeout(() => stop(timedOut(timeoutMs)), timeoutMs)
    return await Promise.race([stopped, run(controller.signal)])
  } finally {
    clearTimeout(timer)
    release()
  }
}

/** The error of a call that its signal has ended. */
export function aborted(signal: AbortSignal | undefined): AbortedError {
  return new AbortedError('the call was aborted by its signal', {
    code: 'aborted',
    cause: signal?.reason,
  })
}

function timedOut(timeoutMs: number): TimeoutError {
  return new TimeoutError(`no answer within ${timeoutMs} ms`, { code: 'timeout' })
}

function connectionFailed(cause: unknown): ConnectionError {
  return new ConnectionError(`no answer: ${reasonOf(cause)}`, { code: 'connection_failed', cause })
}

/** The reason of a failed `fetch`, whose own message is only "fetch failed". */
function reasonOf(error: unknown): string {
  if (!isError(error)) return String(error)
  const inner = isError(error.cause) ? error.cause : undefined
  if (inner === undefined) return error.message
  const code = 'code' in inner && typeof inner.code === 'string' ? inner.code : ''
  // Messages of the system contain the code: `connect ECONNREFUSED 127.0.0.1:4000`.
  const parts = [error.message, inner.message.includes(code) ? '' : code, inner.message]
  return parts.filter((part) => part !== '').join(', ')
}
