/** One round of the load process: the same request over and over, with a different number each time. */
export interface LoadJob {
  readonly port: number
  readonly connections: number
  /** No request is sent after this time. Answers to earlier requests are still awaited and counted. */
  readonly durationMs: number
  readonly request: RequestTemplate
  /** One number for each request. The round ends early when all are used. */
  readonly numbers: NumberRange
}

/**
 * `{id}` becomes the id of the payment of that number, `{n}` the number itself, `{key}` the secret key of its
 * merchant.
 */
export interface RequestTemplate {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
  /** An id is this prefix and the sixteen digits of a number. */
  readonly idPrefix: string
  /** Ids of another server. The number is then an index of this list. */
  readonly ids?: readonly string[]
  /** Secret keys of several merchants, which the numbers use in turn. */
  readonly keys?: readonly string[]
}

/** `count` numbers starting at `from`, each once, in a fixed order that looks random. */
export interface NumberRange {
  readonly from: number
  readonly count: number
}

/** The result of a round. Times are milliseconds. */
export interface LoadResult {
  readonly statuses: Readonly<Record<string, number>>
  readonly requests: number
  readonly elapsedMs: number
  readonly perSecond: number
  readonly p50Ms: number
  readonly p90Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  /** Processor time of the load process, in microseconds per request. */
  readonly clientMicrosPerRequest: number
  /** True if all numbers were used before the time ended. */
  readonly ranOut: boolean
  /** The body of the first answer with a status of 300 or more. */
  readonly firstFailure: string | null
}

/** A prime that divides the size of no round, so its multiples visit every number once. */
export const stride = 7_919

/** The i-th number of a range. */
export function numberAt({ from, count }: NumberRange, i: number): number {
  return from + ((i * stride) % count)
}

/** The id of the payment with a number. */
export function idOf(prefix: string, n: number): string {
  return prefix + String(n).padStart(16, '0')
}
