import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { responseBytesKept } from '@hedgepayments/contract'
import { isAllowed, literalAddress } from './address.ts'
import { ForbiddenAddressError, guardedLookup, type Resolve } from './lookup.ts'

/** A request to a merchant's address. */
export interface Outgoing {
  readonly url: string
  readonly livemode: boolean
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  /** Gives up on the request. */
  readonly signal: AbortSignal
}

/** What came back. */
export interface Incoming {
  readonly status: number
  readonly retryAfter: string | null
  /** The first kilobyte, as far as it is text. */
  readonly body: string
}

/** @throws what kept an answer from coming: see `explain`. */
export type Send = (outgoing: Outgoing) => Promise<Incoming>

/** Idle connections are kept for a burst of events, and closed before most servers would. */
const idleSocketMs = 4_000
const idleSocketsMax = 256

/** Sends by connections that only ever lead to allowed addresses. Redirects are not followed. */
export function createSend(resolve: Resolve): { send: Send; close(): void } {
  // A mode has connections of its own: live events must not use one that test mode allowed.
  const agents = { live: createAgents(), test: createAgents() }
  const lookups = {
    live: guardedLookup(resolve, { livemode: true }),
    test: guardedLookup(resolve, { livemode: false }),
  }
  return {
    async send(outgoing) {
      const mode = outgoing.livemode ? 'live' : 'test'
      const url = new URL(outgoing.url)
      // A literal address is never looked up.
      const literal = literalAddress(url)
      if (literal !== null && !isAllowed(literal, outgoing)) throw new ForbiddenAddressError()
      if (outgoing.livemode && url.protocol !== 'https:') throw new ForbiddenAddressError()
      const response = await post(url, outgoing, { ...agents[mode], lookup: lookups[mode] })
      return {
        status: response.statusCode ?? 0,
        retryAfter: response.headers['retry-after'] ?? null,
        body: await readStart(response),
      }
    },
    close() {
      for (const { http, https } of Object.values(agents)) {
        http.destroy()
        https.destroy()
      }
    },
  }
}

interface Agents {
  readonly http: HttpAgent
  readonly https: HttpsAgent
}

function createAgents(): Agents {
  const options = {
    keepAlive: true,
    maxFreeSockets: idleSocketsMax,
    timeout: idleSocketMs,
  }
  return { http: new HttpAgent(options), https: new HttpsAgent(options) }
}

function post(
  url: URL,
  outgoing: Outgoing,
  connection: Agents & { lookup: ReturnType<typeof guardedLookup> },
): Promise<IncomingMessage> {
  const isHttps = url.protocol === 'https:'
  return new Promise((resolve, reject) => {
    const request = (isHttps ? httpsRequest : httpRequest)(url, {
      method: 'POST',
      headers: { ...outgoing.headers, 'content-length': String(outgoing.body.length) },
      agent: isHttps ? connection.https : connection.http,
      lookup: connection.lookup,
      signal: outgoing.signal,
    })
    request.on('response', resolve)
    request.on('error', (error: Error & { code?: string }) => {
      // The receiver closed an idle connection just as it was used: nobody has seen the request.
      const isStale = request.reusedSocket && error.code === 'ECONNRESET'
      if (isStale) post(url, outgoing, connection).then(resolve, reject)
      else reject(error)
    })
    request.end(outgoing.body)
  })
}

/** Reads the start of an answer. Its status is what counts: a body that breaks off is cut there. */
async function readStart(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      length += chunk.length
      if (length > responseBytesKept) break
    }
  } catch {
    response.destroy()
  }
  const bytes = Buffer.concat(chunks).subarray(0, responseBytesKept)
  // `stream` leaves out a character that the cut has split. PostgreSQL's text takes no NUL.
  return new TextDecoder().decode(bytes, { stream: true }).replaceAll('\0', '\ufffd')
}

/** Why no answer came, in words for the merchant; nothing of this network is told. */
export function explain(error: unknown): string {
  if (error instanceof ForbiddenAddressError) return `Not sent: ${error.message}.`
  const { code, name } = error as { code?: string; name?: string }
  if (name === 'AbortError' || name === 'TimeoutError') return 'No answer within 10 seconds.'
  return reasons[code ?? ''] ?? `The connection failed${code ? ` (${code})` : ''}.`
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'The connection was refused.',
  ECONNRESET: 'The connection was reset before an answer came.',
  ENOTFOUND: 'The name of the host does not exist.',
  EAI_AGAIN: 'The name of the host could not be looked up.',
  EHOSTUNREACH: 'The host cannot be reached.',
  ENETUNREACH: 'The network of the host cannot be reached.',
  ETIMEDOUT: 'The connection timed out.',
  EPIPE: 'The connection was closed before the event was sent.',
}
