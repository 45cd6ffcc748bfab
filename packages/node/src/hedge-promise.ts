import type { HedgeError } from './errors.ts'

/** What came back for one call. */
export interface Answer<T> {
  data: T
  /** Its body can be read once more. */
  response: Response
  /** The answer's `X-Request-Id`. */
  requestId: string | undefined
}

/** A promise of the data that also gives the HTTP answer to those who ask. */
export class HedgePromise<T> extends Promise<T> {
  readonly #answer: Promise<Answer<T>>

  /** What `then` and its kin make are plain promises. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise
  }

  constructor(answer: Promise<Answer<T>>) {
    // Nobody sees the promise underneath: whoever waits comes through `then` below. So a failure
    // that was handled through `withResponse` is not reported as unhandled here.
    super(() => {})
    this.#answer = answer
  }

  /** The data together with the HTTP answer and its request id. Rejects as the call does. */
  withResponse(): Promise<Answer<T>> {
    return this.#answer
  }

  /** The HTTP answer, its body unread. Rejects as the call does. */
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
