import type { IncomingMessage } from 'node:http'
import { type Refusal, refuseField } from '../answers/refusal.ts'

/**
 * Headers with one value. For some of them Node keeps the first line only, for others it joins all
 * lines, and a proxy in front may do the opposite: the two would see different requests. So a
 * request in which such a header occurs twice is refused.
 * Source: RFC 9110, 5.3; `Cookie`: RFC 6265, 5.4; `traceparent`: W3C Trace
 * Context. `Transfer-Encoding` is a list, but this server supports only one item: `chunked`.
 */
const singleHeaders = [
  'Access-Control-Request-Method',
  'Authorization',
  'Content-Length',
  'Content-Location',
  'Content-Range',
  'Content-Type',
  'Cookie',
  'Date',
  'From',
  'Host',
  'Idempotency-Key',
  'If-Modified-Since',
  'If-Range',
  'If-Unmodified-Since',
  'Last-Event-ID',
  'Max-Forwards',
  'Origin',
  'Proxy-Authorization',
  'Range',
  'Referer',
  'Sec-Fetch-Dest',
  'Sec-Fetch-Mode',
  'Sec-Fetch-Site',
  'Sec-Fetch-User',
  'Stripe-Signature',
  'Traceparent',
  'Transfer-Encoding',
  'User-Agent',
] as const

/** The name of a header with one value, in lower case. */
export type SingleHeader = Lowercase<(typeof singleHeaders)[number]>
/** Headers that are lists. Several lines form one list. */
export type ListHeader = 'content-encoding' | 'if-match' | 'tracestate'

/** Lower-case names by the spellings that clients use, so that most need no conversion. */
const bySpelling = new Map<string, SingleHeader>(
  singleHeaders.flatMap((name) => {
    const lower = name.toLowerCase() as SingleHeader
    return [
      [name, lower],
      [lower, lower],
    ]
  }),
)
const byLowerCase = new Map(singleHeaders.map((name) => [name.toLowerCase(), name]))

/** A request with raw headers, such as Fastify's. */
interface WithHeaders {
  readonly raw: Pick<IncomingMessage, 'headers' | 'rawHeaders'>
}

interface Scanned {
  readonly values: { readonly [name in SingleHeader]?: string }
  readonly repeated: ReadonlySet<SingleHeader>
}

const scanned = new WeakMap<WithHeaders['raw'], Scanned>()

/** The value of a header with one value. `undefined`: it is missing, or occurs more than once. */
export function readHeader(request: WithHeaders, name: SingleHeader): string | undefined {
  const { values, repeated } = scan(request.raw)
  return repeated.has(name) ? undefined : values[name]
}

/** The items of a list header, separated by commas, from all its lines. */
export function readListHeader(request: WithHeaders, name: ListHeader): string | undefined {
  return request.raw.headers[name] as string | undefined
}

/** All headers with one value, by lower-case name. A header that occurs twice is absent. */
export function readSingleHeaders(request: WithHeaders): Readonly<Record<string, string>> {
  const { values, repeated } = scan(request.raw)
  const single = Object.entries(values).filter(([name]) => !repeated.has(name as SingleHeader))
  return Object.fromEntries(single)
}

/** Refuses a request in which a header with one value occurs twice: any such header, or `only` one. */
export function refuseRepeated(request: WithHeaders, only?: SingleHeader): Refusal | null {
  const { repeated } = scan(request.raw)
  for (const name of repeated) {
    if (only === undefined || name === only) {
      return refuseField(byLowerCase.get(name) ?? name, 'more than one line', 'one line')
    }
  }
  return null
}

const none: ReadonlySet<SingleHeader> = new Set()

function scan(raw: WithHeaders['raw']): Scanned {
  const cached = scanned.get(raw)
  if (cached) return cached
  const values: { [name in SingleHeader]?: string } = {}
  let repeated: Set<SingleHeader> | null = null
  const { rawHeaders } = raw
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const spelled = rawHeaders[at] ?? ''
    const name = bySpelling.get(spelled) ?? bySpelling.get(spelled.toLowerCase())
    if (name === undefined) continue
    if (values[name] === undefined) values[name] = rawHeaders[at + 1] ?? ''
    else repeated = (repeated ?? new Set()).add(name)
  }
  const result = { values, repeated: repeated ?? none }
  scanned.set(raw, result)
  return result
}
