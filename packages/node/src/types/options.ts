/** The options of a client. Each may be `undefined`, so `process.env.X` can be passed. */
export interface HedgePaymentsOptions {
  /**
   * The publishable key (`pk_test_…` or `pk_live_…`) of the same key pair. Only its mode is checked.
   * It is never sent. Default: the environment's `HEDGE_API_KEY`.
   */
  apiKey?: string | undefined
  /** The secret key (`sk_test_…` or `sk_live_…`). Default: the environment's `HEDGE_API_SECRET`. */
  apiSecret?: string | undefined
  /** Must match the mode of the keys. Default: the mode of the secret key. */
  environment?: Environment | undefined
  /**
   * The server's URL, without `/v1`. Default: the environment's `HEDGE_BASE_URL`, else
   * `http://127.0.0.1:4000` for test keys. Live keys have no default, and need https except on this
   * machine.
   */
  baseUrl?: string | undefined
  /**
   * The timeout of one attempt, in milliseconds, up to 2,147,483,647. Also the longest wait for a first
   * request with the same idempotency key that is still in progress. Default: 30,000.
   */
  timeout?: number | undefined
  /** The maximum of retries, 0 to 10. Default: 2. */
  maxRetries?: number | undefined
  /**
   * Sends the requests. Default: the runtime's `fetch`. Bodies of answers may be Node's streams, as those
   * of node-fetch. If it throws a HedgeError, the call ends with that error and is not repeated.
   */
  fetch?: Fetch | undefined
  /** Logs each attempt. Never receives headers, bodies, query values or keys. */
  logger?: Logger | undefined
}

export type Environment = 'sandbox' | 'production'

/** The part of `fetch` that the SDK uses. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>

/** A logger, like `console`. */
export interface Logger {
  debug?: LogFunction | undefined
  info?: LogFunction | undefined
  warn?: LogFunction | undefined
  error?: LogFunction | undefined
}

export type LogFunction = (message: string, fields: LogFields) => void

export interface LogFields {
  method: string
  path: string
  /** Counts from 1. */
  attempt: number
  durationMs: number
  status?: number | undefined
  code?: string | undefined
  requestId?: string | undefined
  /** Set if the attempt failed and will be retried. */
  retryInMs?: number | undefined
}

/** The options of one call, which override the client's. The last argument of every method. */
export interface RequestOptions {
  /**
   * 1 to 255 printable ASCII characters. Default, also for `null`: a random key per POST, the same for
   * each retry. Pass your own key to repeat a call safely after a restart of your process.
   */
  idempotencyKey?: string | null | undefined
  /** Aborts the call and its retries. The server may still carry out the request. `null`: none. */
  signal?: AbortSignal | undefined
  /** The timeout of one attempt, in milliseconds. */
  timeout?: number | undefined
  /** The maximum of retries, 0 to 10. */
  maxRetries?: number | undefined
  /** Additional headers. `Authorization` cannot be replaced. */
  headers?: Readonly<Record<string, string>> | undefined
  /**
   * The ETag that the payment must still have. Otherwise the call rejects with
   * `PreconditionFailedError`. For `cancel`, `initiate`, `refund` and `reverse`. `null`: no condition.
   */
  ifMatch?: string | null | undefined
}
