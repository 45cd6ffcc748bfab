/** What the load process is asked to do: one kind of request, over and over, each a little other. */
export interface LoadJob {
  readonly port: number
  readonly connections: number
  /** After this no request is sent; those on the way are waited for, so that all are counted. */
  readonly durationMs: number
  readonly request: RequestTemplate
  /** A number for each request, in the order of sending; when they end, so does the round. */
  readonly numbers: NumberRange
}

/** `{id}` becomes the id of the payment of that number, `{n}` the number itself. */
export interface RequestTemplate {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
  /** What stands before the sixteen digits of a number in an id. */
  readonly idPrefix: string
  /** Ids that somebody else made; the number is then their index. */
  readonly ids?: readonly string[]
}

/** `count` numbers from `from` on, each once, in an order that jumps about in a fixed way. */
export interface NumberRange {
  readonly from: number
  readonly count: number
}

/** How a round went. Times are milliseconds. */
export interface LoadResult {
  readonly statuses: Readonly<Record<string, number>>
  readonly requests: number
  readonly elapsedMs: number
  readonly perSecond: number
  readonly p50Ms: number
  readonly p90Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  /** Processor time of the load process itself, in microseconds a request. */
  readonly clientMicrosPerRequest: number
  /** The numbers ran out before the time did. */
  readonly ranOut: boolean
  /** The body of the first answer that was neither 2xx nor what the round expects. */
  readonly firstFailure: string | null
}

/** Prime, and no divisor of any round's size: multiples of it visit every number once. */
export const stride = 7_919

/** The i-th number of a range. */
export function numberAt({ from, count }: NumberRange, i: number): number {
  return from + ((i * stride) % count)
}

/** The id of the payment with a number. */
export function idOf(prefix: string, n: number): string {
  return prefix + String(n).padStart(16, '0')
}
