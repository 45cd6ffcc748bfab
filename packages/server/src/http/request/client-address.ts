import { isIP, isIPv4 } from 'node:net'
import type { FastifyRequest } from 'fastify'
import type { Origin } from './auth.ts'

/**
 * The address of a request's client: that of the connection, or the one that a trusted proxy reports.
 * A proxy may forward any text from its client. A text that is no address is ignored.
 */
export function addressOf(request: Pick<FastifyRequest, 'ip' | 'socket'>): string {
  const reported = plain(request.ip)
  return isIP(reported) === 0 ? plain(request.socket.remoteAddress) : reported
}

/** The id and the address of a request, for the audit log. */
export function originOf(request: FastifyRequest): Origin {
  return { requestId: request.id, address: addressOf(request) }
}

/**
 * The name under which limits count an address. An IPv6 client usually has a network of 2^64
 * addresses, so its first half is counted.
 */
export function countedAddress(address: string): string {
  if (isIP(address) !== 6) return address
  const [before = '', after] = address.split('::')
  const left = groupsOf(before)
  const right = groupsOf(after ?? '')
  const between = Array.from({ length: 8 - left.length - right.length }, () => '0')
  const network = [...left, ...between, ...right].slice(0, 4)
  return `${network.map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`
}

/** Shortest prefixes of proxy ranges. Wider ranges would contain addresses of strangers. */
const prefixMin = { 4: 8, 6: 7 } as const

/** Whether a text names proxies: an address, or a range that is not too wide. */
export function isProxy(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/')
  const family = isIP(address)
  if ((family !== 4 && family !== 6) || rest.length > 0 || address.includes('%')) return false
  if (prefix === undefined) return true
  const bits = /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN
  return bits >= prefixMin[family] && bits <= (family === 4 ? 32 : 128)
}

/** Removes the zone of a link-local address, and the IPv6 prefix of a mapped IPv4 address. */
function plain(address: string | undefined): string {
  const [bare = ''] = (address ?? '').split('%', 1)
  const wrapped = /^::ffff:([\d.]+)$/i.exec(bare)?.[1] ?? ''
  return isIPv4(wrapped) ? wrapped : bare
}

/** The groups of 16 bits in a part of an IPv6 address. A trailing IPv4 address is two groups. */
function groupsOf(part: string): string[] {
  if (part === '') return []
  return part.split(':').flatMap((group) => {
    if (!isIPv4(group)) return [group]
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number)
    return [((a << 8) | b).toString(16), ((c << 8) | d).toString(16)]
  })
}
