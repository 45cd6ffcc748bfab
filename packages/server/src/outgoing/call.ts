import {
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
} from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { isIP, type LookupFunction, type Socket } from 'node:net'
import { CallStoppedError, DeadlineError, type Phase, TooManyInformationalError } from './errors.ts'

/** Connections that calls share. Calls that may reach different networks use different agents. */
export interface Agents {
  readonly http: HttpAgent
  readonly https: HttpsAgent
}

/** A POST to a server that we do not trust. */
export interface OutgoingCall {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  readonly agents: Agents
  readonly lookup: LookupFunction
  /** Time for everything, from the look-up of the name to the last byte, in milliseconds. */
  readonly deadlineMs: number
  /** Ends the call early, when this process stops. */
  readonly signal: AbortSignal
  /** How much of the response's body is kept. The rest is not read. */
  readonly bodyBytesMax: number
}

export interface OutgoingResponse {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** The start of the body, as far as it came in time. */
  readonly body: Buffer
  /** The address that was connected to. */
  readonly remoteAddress: string | null
}

/** Node's own default, written down: the limit must not change with a flag of the process. */
const headerBytesMax = 16 * 1024
/** A server sends one or two (100, 103). Each has headers, so their number bounds what is read. */
const informationalMax = 16
/** Idle connections are kept for a burst of events, and closed before most servers would. */
const idleSocketMs = 4_000
const idleSocketsMax = 256

export function createAgents(): Agents {
  const options = { keepAlive: true, maxFreeSockets: idleSocketsMax, timeout: idleSocketMs }
  return { http: new HttpAgent(options), https: new HttpsAgent(options) }
}

export function destroyAgents({ http, https }: Agents): void {
  http.destroy()
  https.destroy()
}

/**
 * Makes a call and waits for its response. The promise settles by the deadline at the latest,
 * whatever the server does: a timer settles it, not an event of the connection. When it is settled
 * the connection is idle or destroyed.
 *
 * The status decides: once it is there the call succeeds, also where the body breaks off.
 *
 * @throws {DeadlineError} when no status came in time.
 * @throws {CallStoppedError} when the signal ended the call before a status came.
 * @throws {Error} of Node where the connection failed, or where the response is not HTTP.
 */
export function callOut(call: OutgoingCall): Promise<OutgoingResponse> {
  return new Promise((resolve, reject) => new Exchange(call, resolve, reject).start())
}

class Exchange {
  readonly #call: OutgoingCall
  readonly #resolve: (response: OutgoingResponse) => void
  readonly #reject: (error: Error) => void
  readonly #chunks: Buffer[] = []
  #bytes = 0
  #head: Omit<OutgoingResponse, 'body'> | null = null
  #phase: Phase
  #informational = 0
  #isSettled = false
  #request: ClientRequest | null = null
  #timer: NodeJS.Timeout | undefined
  readonly #onStop = () => this.#end(new CallStoppedError())

  constructor(
    call: OutgoingCall,
    resolve: (response: OutgoingResponse) => void,
    reject: (error: Error) => void,
  ) {
    this.#call = call
    // A literal address is not looked up.
    this.#phase = isIP(call.url.hostname.replace(/^\[|\]$/g, '')) === 0 ? 'lookup' : 'connect'
    this.#resolve = resolve
    this.#reject = reject
  }

  start(): void {
    const { deadlineMs, signal } = this.#call
    if (signal.aborted) {
      this.#onStop()
      return
    }
    this.#timer = setTimeout(
      () => this.#end(new DeadlineError(this.#phase, deadlineMs)),
      deadlineMs,
    )
    signal.addEventListener('abort', this.#onStop, { once: true })
    this.#send({ isRetry: false })
  }

  #send({ isRetry }: { isRetry: boolean }): void {
    const { url, headers, body, agents, lookup } = this.#call
    const isHttps = url.protocol === 'https:'
    const request = (isHttps ? httpsRequest : httpRequest)(url, {
      method: 'POST',
      headers: { ...headers, 'content-length': String(body.length) },
      // A retry opens a connection of its own: another idle one may be as stale as the first.
      agent: isRetry ? false : isHttps ? agents.https : agents.http,
      lookup,
      maxHeaderSize: headerBytesMax,
    })
    this.#request = request
    request.on('socket', (socket: Socket) => this.#follow(socket, isHttps))
    request.on('information', () => {
      this.#informational++
      if (this.#informational > informationalMax) this.#end(new TooManyInformationalError())
    })
    request.on('upgrade', (response, socket) => {
      // The server speaks another protocol now. The connection can never be used again.
      socket.destroy()
      this.#keepHead(response, socket.remoteAddress)
      this.#end(null)
    })
    request.on('response', (response) => this.#read(request, response))
    request.on('error', (error: Error & { code?: string }) => {
      // The server closed an idle connection just as it was used, without reading the request.
      const isUnread = request.reusedSocket && this.#informational === 0 && this.#head === null
      const isStale = isUnread && (error.code === 'ECONNRESET' || error.code === 'EPIPE')
      if (isStale && !isRetry && !this.#isSettled) this.#send({ isRetry: true })
      else if (request === this.#request) this.#end(error)
    })
    request.on('close', () => {
      if (request === this.#request) this.#end(hungUp())
    })
    request.end(body)
  }

  /** Follows how far a connection gets, for the message of the deadline. */
  #follow(socket: Socket, isHttps: boolean): void {
    const sent = () => {
      this.#phase = 'response'
    }
    if (!socket.connecting) {
      sent()
      return
    }
    socket.once('lookup', () => {
      this.#phase = 'connect'
    })
    socket.once('connect', () => {
      this.#phase = isHttps ? 'tls' : 'response'
    })
    socket.once('secureConnect', sent)
  }

  #read(request: ClientRequest, response: IncomingMessage): void {
    this.#keepHead(response, response.socket.remoteAddress)
    response.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk)
      this.#bytes += chunk.length
      if (this.#bytes > this.#call.bodyBytesMax) this.#end(null)
    })
    response.on('end', () => {
      // The connection is used again only where all of the request was written.
      this.#end(null, { isReusable: response.complete && request.writableFinished })
    })
    response.on('error', (error) => this.#end(error))
    response.on('close', () => this.#end(hungUp()))
  }

  #keepHead(response: IncomingMessage, remoteAddress: string | undefined): void {
    if (this.#head || this.#isSettled) return
    const { statusCode = 0, headers } = response
    this.#head = { status: statusCode, headers, remoteAddress: remoteAddress ?? null }
  }

  /** The only way out. What comes afterwards from the connection changes nothing. */
  #end(error: Error | null, { isReusable = false } = {}): void {
    if (this.#isSettled) return
    this.#isSettled = true
    clearTimeout(this.#timer)
    this.#call.signal.removeEventListener('abort', this.#onStop)
    if (!isReusable) this.#request?.destroy()
    if (this.#head) {
      const body = Buffer.concat(this.#chunks).subarray(0, this.#call.bodyBytesMax)
      this.#resolve({ ...this.#head, body })
    } else {
      this.#reject(error ?? hungUp())
    }
  }
}

function hungUp(): Error {
  return Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })
}
