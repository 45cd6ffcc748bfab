import { AbortedError } from '../errors.ts'

/** Waits. Rejects with AbortedError as soon as the signal aborts. */
export function wait(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer)
      reject(
        new AbortedError('the call was aborted by its signal, between two attempts', {
          code: 'aborted',
          cause: signal?.reason,
        }),
      )
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort)
      resolve()
    }, delayMs)
    if (signal?.aborted) abort()
    else signal?.addEventListener('abort', abort, { once: true })
  })
}
