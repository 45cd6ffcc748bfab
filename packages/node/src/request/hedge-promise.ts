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
export class HedgePromise<T> extends Promise<T> {
  readonly #answer: Promise<Answer<T>>

  /** `then`, `catch` and `finally` return plain promises. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise
  }

  constructor(answer: Promise<Answer<T>>) {
    // The base promise never settles: callers use `then` below. So an error that was handled
    // through `withResponse` is not reported as unhandled.
    super(() => {})
    this.#answer = answer
  }

  /** The data, the HTTP answer and its request id. Rejects like the call. */
  withResponse(): Promise<Answer<T>> {
    return this.#answer
  }

  /** The HTTP answer with an unread body. Rejects like the call. */
  async asResponse(): Promise<Response> {
    return (await this.#answer).response
  }

  // biome-ignore lint/suspicious/noThenProperty: this class is a promise.
  override then<A = T, B = never>(
    onFulfilled?: ((data: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: HedgeError) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#answer.then((answer) => answer.data).then(onFulfilled, onRejected)
  }

  override catch<B = never>(
    onRejected?: ((reason: HedgeError) => B | PromiseLike<B>) | null,
  ): Promise<T | B> {
    return this.then(undefined, onRejected)
  }

  override finally(onFinally?: (() => void) | null): Promise<T> {
    return this.then().finally(onFinally)
  }
}
