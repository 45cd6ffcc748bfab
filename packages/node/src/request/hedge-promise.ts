import type { HedgeError } from '../errors.ts'

/** The answer to one call. */
export interface Answer<T> {
  data: T
  /** The HTTP answer. Its body can be read once. */
  response: Response
  /** The answer's `X-Request-Id`. */
  requestId: string | undefined
}

/** A promise of the data, which can also return the HTTP answer. */
export interface HedgePromise<T> extends Promise<T> {
  /** The data, the HTTP answer and its request id. Rejects like the call. */
  withResponse(): Promise<Answer<T>>
  /** The HTTP answer with an unread body. Rejects like the call. */
  asResponse(): Promise<Response>
  then<A = T, B = never>(
    onFulfilled?: ((data: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: HedgeError) => B | PromiseLike<B>) | null,
  ): Promise<A | B>
  catch<B = never>(onRejected?: ((reason: HedgeError) => B | PromiseLike<B>) | null): Promise<T | B>
}

/**
 * Adds the methods of a HedgePromise to the promise of the data.
 *
 * *Rejected:* a subclass of Promise. Tracers and other libraries call `Promise.prototype.then` or
 * construct the promise's class with an executor, and skip what a subclass overrides.
 */
export function hedgePromise<T>(answer: Promise<Answer<T>>): HedgePromise<T> {
  const data = answer.then((resolved) => resolved.data)
  const withResponse = () => {
    // The caller handles a failure through the answer, so the data must not report it as unhandled.
    data.catch(() => undefined)
    return answer.then((resolved) => resolved)
  }
  const asResponse = async () => (await withResponse()).response
  return addMethods(data, { withResponse, asResponse })
}

/** Adds methods to a promise, hidden from loops over its properties. */
export function addMethods<P extends object, M extends object>(promise: P, methods: M): P & M {
  for (const key of Reflect.ownKeys(methods)) {
    const value = Reflect.get(methods, key)
    Object.defineProperty(promise, key, { value, configurable: true, writable: true })
  }
  return promise as P & M
}
