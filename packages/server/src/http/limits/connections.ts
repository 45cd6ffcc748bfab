import { createServer, type RequestListener, type Server } from 'node:http'
import { BlockList, isIPv6, type Socket } from 'node:net'
import { countedAddress } from '../request/client-address.ts'
import { Places } from './places.ts'

/** What a client may hold without asking for anything, and for how long, in milliseconds. */
export interface ConnectionLimits {
  /** Sockets at once. What comes beyond is hung up on: each costs some kilobytes. */
  readonly connectionsMax: number
  /** Sockets of one address at once, unless it is a trusted proxy. Default: as many as there may be. */
  readonly connectionsOfAddressMax?: number
  /** How long an answer may take to be read, in milliseconds. Default: as production needs it. */
  readonly answerTimeoutMs?: number
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
  connectionsOfAddressMax: 5_000,
  requestTimeoutMs: 30_000,
  silentTimeoutMs: 60_000,
  keepAliveTimeoutMs: 72_000,
  lookEveryMs: 2_000,
}

/** What is buffered of a connection in each direction before its other side has to wait. */
const bufferedBytesMax = 16 * 1024

/**
 * The HTTP server with a bound on what slow clients hold. How much of an answer is kept for one
 * that does not read is Node's bound: it takes no further request from a socket while what was
 * answered on it waits.
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
      connectionsCheckingInterval: limits.lookEveryMs,
      highWaterMark: bufferedBytesMax,
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
  const { connectionsOfAddressMax } = limits
  if (connectionsOfAddressMax !== undefined) {
    limitAddresses(server, { max: connectionsOfAddressMax, trustedProxies })
  }
  return server
}

/** Hangs up on connections of an address beyond its share. Proxies speak for many. */
function limitAddresses(
  server: Server,
  { max, trustedProxies }: { max: number; trustedProxies: readonly string[] },
): void {
  const places = new Places()
  const proxies = blockListOf(trustedProxies)
  server.on('connection', (socket: Socket) => {
    const address = (socket.remoteAddress ?? '').replace(/^::ffff:/i, '')
    if (proxies.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')) return
    const place = places.reserve([{ name: countedAddress(address), max }])
    if (place) socket.once('close', place.release)
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
