import { isIP, isIPv4 } from 'node:net'
import type { FastifyRequest } from 'fastify'
import type { Origin } from './auth.ts'

/**
 * The address of whoever asks: of the connection, or what a trusted proxy says it is. A proxy that
 * hands on what it was sent may say anything: only what is an address counts.
 */
export function addressOf(request: Pick<FastifyRequest, 'ip' | 'socket'>): string {
  const said = plain(request.ip)
  return isIP(said) === 0 ? plain(request.socket.remoteAddress) : said
}

export function originOf(request: FastifyRequest): Origin {
  return { requestId: request.id, address: addressOf(request) }
}

/**
 * What an address is counted under. A caller of IPv6 has a network of 2^64 addresses to itself, so
 * its first half is what tells callers apart.
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

/** Ranges wider than these hold strangers: an octet of IPv4, and what IPv6 gives to a region. */
const prefixMin = { 4: 8, 6: 7 } as const

/** Whether a text names proxies: one address, or a range that is not everybody's. */
export function isProxy(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/')
  const family = isIP(address)
  if ((family !== 4 && family !== 6) || rest.length > 0 || address.includes('%')) return false
  if (prefix === undefined) return true
  const bits = /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN
  return bits >= prefixMin[family] && bits <= (family === 4 ? 32 : 128)
}

/** Without the zone of a link, and IPv4 as itself: a socket of both families wraps it. */
function plain(address: string | undefined): string {
  const [bare = ''] = (address ?? '').split('%', 1)
  const wrapped = /^::ffff:([\d.]+)$/i.exec(bare)?.[1] ?? ''
  return isIPv4(wrapped) ? wrapped : bare
}

/** The groups of 16 bits of a part of an address; one that ends as IPv4 has two more in that. */
function groupsOf(part: string): string[] {
  if (part === '') return []
  return part.split(':').flatMap((group) => {
    if (!isIPv4(group)) return [group]
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number)
    return [((a << 8) | b).toString(16), ((c << 8) | d).toString(16)]
  })
}
