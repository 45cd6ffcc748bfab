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

/** Connection pools of calls. Calls with different allowed networks must use different agents. */
export interface Agents {
  readonly http: HttpAgent
  readonly https: HttpsAgent
}

/** A POST request to an untrusted server. */
export interface OutgoingCall {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  readonly agents: Agents
  readonly lookup: LookupFunction
  /** Time for the whole call, from the DNS look-up to the last byte. */
  readonly deadlineMs: number
  /** Aborts the call when this process stops. */
  readonly signal: AbortSignal
  /** Bytes of the response's body that are kept. The rest is not read. */
  readonly bodyBytesMax: number
}

/** The response to a call. */
export interface OutgoingResponse {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** The start of the body: what arrived before the deadline. */
  readonly body: Buffer
  /** The address of the connection. */
  readonly remoteAddress: string | null
}

/** Node's default, set explicitly so that a flag of the process cannot change it. */
const headerBytesMax = 16 * 1024
/** Most informational responses. Servers send one or two (100, 103), and each has headers to read. */
const informationalMax = 16
/** Idle connections stay open for bursts of events, but close before most servers close them. */
const idleSocketMs = 4_000
const idleSocketsMax = 256

/** Creates connection pools that keep idle connections for a short time. */
export function createAgents(): Agents {
  const options = { keepAlive: true, maxFreeSockets: idleSocketsMax, timeout: idleSocketMs }
  return { http: new HttpAgent(options), https: new HttpsAgent(options) }
}

/** Closes all connections of the agents. */
export function destroyAgents({ http, https }: Agents): void {
  http.destroy()
  https.destroy()
}

/**
 * Makes a call and waits for its response. A timer settles the promise at the deadline, whatever the
 * server does. The connection is then idle or destroyed.
 *
 * The call succeeds once the status has arrived, even if the body is incomplete.
 *
 * @throws {DeadlineError} when no status arrived before the deadline.
 * @throws {CallStoppedError} when the signal aborted the call before a status arrived.
 * @throws {TooManyInformationalError} when the server sent only informational responses, too many.
 * @throws {Error} of Node when the connection failed, or the response is not HTTP.
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
    // An IP address needs no look-up.
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
      // A retry opens a new connection, because other idle ones may be stale too.
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
      // The server has switched protocols: the connection cannot be reused.
      socket.destroy()
      this.#keepHead(response, socket.remoteAddress)
      this.#end(null)
    })
    request.on('response', (response) => this.#read(request, response))
    request.on('error', (error: Error & { code?: string }) => {
      // The server closed an idle connection when the request was sent, without reading it.
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

  /** Records the connection's phase, for the message of a DeadlineError. */
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
      // Reuse the connection only if the whole request was written.
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

  /** Settles the promise, once. Later events of the connection have no effect. */
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
