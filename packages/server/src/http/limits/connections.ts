import { createServer, type RequestListener, type Server } from 'node:http'
import { BlockList, isIPv6, type Socket } from 'node:net'
import { countedAddress } from '../request/client-address.ts'
import { Semaphore } from './semaphore.ts'

/** Limits of connections, which clients can keep open without sending a request. */
export interface ConnectionLimits {
  /** Open connections. Further ones are closed at once. Each costs some kilobytes. */
  readonly connectionsMax: number
  /** Open connections of one address, unless it is a trusted proxy. Default: no limit of addresses. */
  readonly connectionsOfAddressMax?: number
  /** How long a client may take to read an answer. Default: that of the buffer budget. */
  readonly answerTimeoutMs?: number
  /** Time for a request to arrive: from the connection or its first byte to its last byte. */
  readonly requestTimeoutMs: number
  /**
   * How long a connection may have no traffic in either direction, because its client does not read.
   * Longer than the longest statement, and than the interval of a stream's heartbeats.
   */
  readonly silentTimeoutMs: number
  /**
   * How long a connection may wait for its next request. Longer than proxies keep connections, so that
   * no proxy sends a request on one that is being closed.
   */
  readonly keepAliveTimeoutMs: number
  /** Interval at which the timeouts above are checked. */
  readonly checkIntervalMs: number
}

const defaultLimits: ConnectionLimits = {
  connectionsMax: 10_000,
  connectionsOfAddressMax: 5_000,
  requestTimeoutMs: 30_000,
  silentTimeoutMs: 60_000,
  keepAliveTimeoutMs: 72_000,
  checkIntervalMs: 2_000,
}

/** Bytes of a connection that are buffered in each direction. Then its other side must wait. */
const bufferedBytesMax = 16 * 1024

/**
 * Creates the HTTP server, with limits on what slow clients can use. Node itself bounds the answers
 * of a connection: it reads no further request from a socket whose client does not read.
 */
export function createHttpServer(
  listener: RequestListener,
  given: { limits?: ConnectionLimits | undefined; trustedProxies?: readonly string[] } = {},
): Server {
  const { limits = defaultLimits, trustedProxies = [] } = given
  const server = createServer(
    {
      headersTimeout: limits.requestTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      keepAliveTimeout: limits.keepAliveTimeoutMs,
      connectionsCheckingInterval: limits.checkIntervalMs,
      highWaterMark: bufferedBytesMax,
      // Node would answer a request without a Host header without a body: `http/edge.ts` answers it.
      requireHostHeader: false,
    },
    listener,
  )
  // No limit on the number of headers: Node would ignore further ones, among them repeated ones. The
  // limit on their bytes, 16 KiB, bounds them.
  server.maxHeadersCount = 0
  server.maxConnections = limits.connectionsMax
  server.setTimeout(limits.silentTimeoutMs)
  const { connectionsOfAddressMax } = limits
  if (connectionsOfAddressMax !== undefined) {
    limitAddresses(server, { max: connectionsOfAddressMax, trustedProxies })
  }
  return server
}

/** Closes connections of an address above its limit. Proxies are exempt: they serve many clients. */
function limitAddresses(
  server: Server,
  { max, trustedProxies }: { max: number; trustedProxies: readonly string[] },
): void {
  const semaphore = new Semaphore()
  const proxies = blockListOf(trustedProxies)
  server.on('connection', (socket: Socket) => {
    const address = (socket.remoteAddress ?? '').replace(/^::ffff:/i, '')
    if (proxies.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')) return
    const permit = semaphore.tryAcquire([{ name: countedAddress(address), max }])
    if (permit) socket.once('close', permit.release)
    else socket.destroy()
  })
}

function blockListOf(ranges: readonly string[]): BlockList {
  const list = new BlockList()
  for (const range of ranges) {
    const [address = '', prefix] = range.split('/')
    const family = isIPv6(address) ? 'ipv6' : 'ipv4'
    if (prefix === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(prefix), family)
  }
  return list
}
