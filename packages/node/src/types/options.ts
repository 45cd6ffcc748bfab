/** What a client is made of. Each value may be `undefined`, so `process.env.X` fits as it is. */
export interface HedgePaymentsOptions {
  /**
   * The publishable key (`pk_test_…` or `pk_live_…`). It names the same key pair as `apiSecret` and
   * is only checked against it, never sent. Default: the environment's `HEDGE_API_KEY`.
   */
  apiKey?: string | undefined
  /** The secret key (`sk_test_…` or `sk_live_…`). Default: the environment's `HEDGE_API_SECRET`. */
  apiSecret?: string | undefined
  /** Must agree with the keys' mode when given. Default: the mode of the secret key. */
  environment?: Environment | undefined
  /**
   * Address of the server, without `/v1`. Default: the environment's `HEDGE_BASE_URL`, else
   * `http://127.0.0.1:4000` for test keys; live keys have no other.
   */
  baseUrl?: string | undefined
  /** Milliseconds until one attempt is given up. Default: 30,000. */
  timeout?: number | undefined
  /** How often a failed attempt is repeated, 0 to 10. Default: 2. */
  maxRetries?: number | undefined
  /** What carries the requests. Default: the runtime's own `fetch`. */
  fetch?: Fetch | undefined
  /** Where each attempt is noted. Never sees headers, bodies, query values or keys. */
  logger?: Logger | undefined
}

export type Environment = 'sandbox' | 'production'

/** The part of `fetch` that the SDK uses. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>

/** `console` is one. */
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
  /** Set when the attempt failed and is going to be repeated. */
  retryInMs?: number | undefined
}

/** What one call may say differently from the client. The last argument of every method. */
export interface RequestOptions {
  /**
   * 1 to 255 printable ASCII characters. Default, also for `null`: a new random one per POST, the
   * same on each retry. Give your own to make a call safe to repeat after a restart of your process.
   */
  idempotencyKey?: string | null | undefined
  /** Gives up the call, and the wait before a retry. What reached the server may still be done. */
  signal?: AbortSignal | undefined
  /** Milliseconds until one attempt is given up. */
  timeout?: number | undefined
  /** How often a failed attempt is repeated, 0 to 10. */
  maxRetries?: number | undefined
  /** Sent in addition. `Authorization` cannot be replaced. */
  headers?: Readonly<Record<string, string>> | undefined
  /**
   * The ETag that the payment must still have; otherwise `PreconditionFailedError`. For `cancel`,
   * `initiate`, `refund` and `reverse`. `null`, which is what an answer without one has, asks for none.
   */
  ifMatch?: string | null | undefined
}
