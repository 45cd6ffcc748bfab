import { createServer, type RequestListener, type Server } from 'node:http'

/** What a client may hold without asking for anything, and for how long, in milliseconds. */
export interface ConnectionLimits {
  /** Sockets at once. What comes beyond is hung up on: each costs some kilobytes. */
  readonly connectionsMax: number
  /** From the connection, or the first byte of a request, until its last. */
  readonly requestTimeoutMs: number
  /**
   * Nothing has gone either way for so long: a client that does not read its answer. Longer than
   * the longest statement, and than the pause between the signs of life of a stream.
   */
  readonly silentTimeoutMs: number
  /** Between two requests. Longer than a proxy keeps its connections, or it meets a closed one. */
  readonly keepAliveTimeoutMs: number
  /** How often it is looked whose time is up. */
  readonly lookEveryMs: number
}

const defaultLimits: ConnectionLimits = {
  connectionsMax: 10_000,
  requestTimeoutMs: 30_000,
  silentTimeoutMs: 60_000,
  keepAliveTimeoutMs: 72_000,
  lookEveryMs: 2_000,
}

/**
 * The HTTP server with a bound on what slow clients hold. How much of an answer is kept for one
 * that does not read is Node's bound: it takes no further request from a socket while what was
 * answered on it waits.
 */
export function createHttpServer(
  listener: RequestListener,
  limits: ConnectionLimits = defaultLimits,
): Server {
  const server = createServer(
    {
      headersTimeout: limits.requestTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      keepAliveTimeout: limits.keepAliveTimeoutMs,
      connectionsCheckingInterval: limits.lookEveryMs,
      // Node would answer a request without one itself, with no body: the edge does.
      requireHostHeader: false,
    },
    listener,
  )
  // Node would leave out what comes after the first thousand, a second line of a header with it. How
  // many bytes headers may have bounds them: 16 KiB.
  server.maxHeadersCount = 0
  server.maxConnections = limits.connectionsMax
  server.setTimeout(limits.silentTimeoutMs)
  return server
}
