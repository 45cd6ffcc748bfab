import { answerError } from './answer-error.ts'
import { AbortedError, ConnectionError, HedgeError, TimeoutError } from './errors.ts'
import type { Fetch } from './types/options.ts'

/** An answer whose body has been read to its end. */
export interface ReadAnswer {
  status: number
  statusText: string
  headers: Headers
  text: string
}

/**
 * One request and its whole answer within the time allowed. What keeps the answer from coming is
 * returned, not thrown: TimeoutError, AbortedError or ConnectionError.
 */
export async function attemptOnce(
  fetch: Fetch,
  call: {
    url: string
    init: RequestInit
    signal: AbortSignal | undefined
    timeoutMs: number
  },
): Promise<ReadAnswer | HedgeError> {
  const { signal, timeoutMs } = call
  if (signal?.aborted) return aborted(signal)
  const controller = new AbortController()
  return await new Promise((resolve) => {
    // Settled here and not by `fetch` alone: one that was passed in may not heed the signal.
    const giveUp = (error: HedgeError) => {
      settle(error)
      controller.abort()
    }
    const onAbort = () => giveUp(aborted(signal))
    const timer = setTimeout(() => giveUp(timedOut(timeoutMs)), timeoutMs)
    signal?.addEventListener('abort', onAbort, { once: true })
    const settle = (outcome: ReadAnswer | HedgeError) => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      resolve(outcome)
    }
    read(fetch, call.url, { ...call.init, signal: controller.signal }).then(settle, (cause) =>
      settle(failed(cause)),
    )
  })
}

/**
 * One request whose answer does not end: its body, once its head has come within the time allowed.
 * Throws what `attemptOnce` returns, or the ApiError of an answer that is no success.
 */
export async function openOnce(
  fetch: Fetch,
  call: { url: string; init: RequestInit; signal: AbortSignal | undefined; timeoutMs: number },
): Promise<ReadableStream<Uint8Array>> {
  const { signal, timeoutMs } = call
  if (signal?.aborted) throw aborted(signal)
  const late = new AbortController()
  const signals = signal ? [signal, late.signal] : [late.signal]
  let stop = () => {}
  let timer: ReturnType<typeof setTimeout> | undefined
  // Ended here and not by `fetch` alone: one that was passed in may not heed the signal.
  const ended = new Promise<never>((_, reject) => {
    stop = () => reject(aborted(signal))
    signal?.addEventListener('abort', stop, { once: true })
    timer = setTimeout(() => {
      reject(timedOut(timeoutMs))
      late.abort()
    }, timeoutMs)
  })
  const open = async () => {
    const response = await fetch(call.url, { ...call.init, signal: AbortSignal.any(signals) })
    if (response.status === 200 && response.body) return response.body
    const { status, headers } = response
    throw answerError({ status, headers, text: await response.text() }, Date.now())
  }
  try {
    return await Promise.race([ended, open()])
  } catch (cause) {
    throw cause instanceof HedgeError ? cause : failed(cause)
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', stop)
  }
}

async function read(fetch: Fetch, url: string, init: RequestInit): Promise<ReadAnswer> {
  const response = await fetch(url, init)
  const { status, statusText, headers } = response
  return { status, statusText, headers, text: await response.text() }
}

function aborted(signal: AbortSignal | undefined): AbortedError {
  return new AbortedError('the call was given up by its signal', {
    code: 'aborted',
    cause: signal?.reason,
  })
}

function timedOut(timeoutMs: number): TimeoutError {
  return new TimeoutError(`no answer within ${timeoutMs} ms`, { code: 'timeout' })
}

function failed(cause: unknown): ConnectionError {
  return new ConnectionError(`no answer: ${reasonOf(cause)}`, { code: 'connection_failed', cause })
}

/** `fetch` says only "fetch failed"; what happened is in its cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const inner = error.cause instanceof Error ? error.cause : undefined
  if (inner === undefined) return error.message
  const code = 'code' in inner && typeof inner.code === 'string' ? inner.code : ''
  return [error.message, code, inner.message].filter((part) => part !== '').join(', ')
}
