import { BlockList, isIP, isIPv6 } from 'node:net'

/** What kind of place an IP address is, as far as webhooks may go there. */
export type AddressKind = 'public' | 'loopback' | 'private' | 'forbidden'

/** Which addresses a webhook may reach: public ones only, or loopback and private ones as well. */
export type Reach = 'public' | 'private'

type Subnets = readonly (readonly [string, number])[]

const loopback = subnets([['127.0.0.0', 8]], [['::1', 128]])
const privateUse = subnets(
  [
    ['10.0.0.0', 8],
    ['172.16.0.0', 12],
    ['192.168.0.0', 16],
  ],
  [['fc00::', 7]],
)

/**
 * Metadata services of clouds, which give credentials to every process of a machine. Those that lie
 * in ranges forbidden as a whole are listed too, so that each has its test. Source: the documents
 * of AWS (IMDS, ECS, EKS), Google Cloud, Azure, Alibaba Cloud, Oracle Cloud, Scaleway and Linode.
 */
const metadata = subnets(
  [
    ['169.254.0.0', 16],
    ['100.100.100.200', 32],
    ['168.63.129.16', 32],
    ['192.0.0.192', 32],
  ],
  [
    ['fd00:ec2::', 32],
    ['fd20:ce::', 32],
    ['fd00:c1::', 32],
    ['fd00:42::', 32],
    ['fd00:a9fe:a9fe::', 48],
    ['fe80::', 10],
  ],
)

// Source: IANA's registry of special-purpose IPv4 addresses. 169.254/16 is link-local.
const specialIpv4 = subnets(
  [
    ['0.0.0.0', 8],
    ['100.64.0.0', 10],
    ['169.254.0.0', 16],
    ['192.0.0.0', 24],
    ['192.0.2.0', 24],
    ['192.31.196.0', 24],
    ['192.52.193.0', 24],
    ['192.88.99.0', 24],
    ['192.175.48.0', 24],
    ['198.18.0.0', 15],
    ['198.51.100.0', 24],
    ['203.0.113.0', 24],
    ['224.0.0.0', 4],
    ['240.0.0.0', 4],
  ],
  [],
)

// All of IPv6 that is not global unicast is out: mapped and NAT64 addresses, which are IPv4 in
// disguise, link-local, multicast, and whatever is assigned later. Of the rest, these are out too:
// Teredo and its neighbours, documentation, 6to4, AS112.
const globalUnicast = subnets([], [['2000::', 3]])
const specialIpv6 = subnets(
  [],
  [
    ['2001::', 23],
    ['2001:db8::', 32],
    ['2002::', 16],
    ['2620:4f:8000::', 48],
    ['3fff::', 20],
  ],
)

/** @param address an IP address as a resolver gives it. */
export function kindOf(address: string): AddressKind {
  // A zone (fe80::1%eth0) only ever goes with an address of one link.
  if (isIP(address) === 0 || address.includes('%')) return 'forbidden'
  const family = isIPv6(address) ? 'ipv6' : 'ipv4'
  // Node takes ::ffff:127.0.0.1 for 127.0.0.1: of IPv6 only the unwrapped forms are looked at.
  if (family === 'ipv6' && !globalUnicast.check(address, family)) {
    if (isEmbedded(address)) return 'forbidden'
    if (loopback.check(address, family)) return 'loopback'
    return privateUse.check(address, family) && !isMetadata(address) ? 'private' : 'forbidden'
  }
  if (isMetadata(address)) return 'forbidden'
  if (loopback.check(address, family)) return 'loopback'
  if (privateUse.check(address, family)) return 'private'
  const special = family === 'ipv4' ? specialIpv4 : specialIpv6
  return special.check(address, family) ? 'forbidden' : 'public'
}

/** Whether a webhook with this reach may go to an address. */
export function isAllowed(address: string, reach: Reach): boolean {
  const kind = kindOf(address)
  return kind === 'public' || (reach === 'private' && (kind === 'loopback' || kind === 'private'))
}

/** The address in a URL's host where it is a literal one; `null` where it is a name. */
export function literalAddress(url: URL): string | null {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  return isIP(host) === 0 ? null : host
}

/**
 * What is wrong with an address that somebody wants to register, as an expectation; `null` where
 * nothing is. `URL` has unwrapped encoded forms (0x7f.1, 2130706433, 0177.0.0.1, 127.0.0.1.) by
 * then. A name is looked at again whenever it is connected to.
 */
export function expectedOfUrl(
  text: string,
  { livemode, reach }: { livemode: boolean; reach: Reach },
): string | null {
  if (!URL.canParse(text)) return 'an absolute http or https address'
  const url = new URL(text)
  if (livemode && url.protocol !== 'https:') return 'an https address in live mode'
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'an http or https address'
  if (url.username !== '' || url.password !== '') return 'an address without user and password'
  if (url.hash !== '') return 'an address without a fragment'
  const literal = literalAddress(url)
  const isLocalName = /(^|\.)localhost\.?$/.test(url.hostname)
  const isOutOfReach = literal === null ? isLocalName : !isAllowed(literal, 'public')
  if (reach === 'public' && isOutOfReach) return livemode ? 'a public address' : expectedOfTestMode
  if (literal !== null && !isAllowed(literal, reach)) return 'an address that webhooks may reach'
  return null
}

const expectedOfTestMode =
  'a public address, as this deployment has a live key or HEDGE_WEBHOOK_PRIVATE_NETWORKS is deny'

function isMetadata(address: string): boolean {
  if (!isIPv6(address)) return metadata.check(address, 'ipv4')
  if (metadata.check(address, 'ipv6')) return true
  // A network may have a NAT64 or ISATAP prefix of its own, which only its operator knows. Both put
  // the IPv4 address into the last 32 bits.
  const groups = groupsOf(address)
  const [high = 0, low = 0] = groups.slice(-2)
  return metadata.check([high >> 8, high & 255, low >> 8, low & 255].join('.'), 'ipv4')
}

/** The eight groups of an IPv6 address, as `URL` writes it out of any of its forms. */
function groupsOf(address: string): number[] {
  const [head = '', tail] = new URL(`http://[${address}]/`).hostname.slice(1, -1).split('::')
  const parse = (part: string) => part.split(':').flatMap((one) => (one ? parseInt(one, 16) : []))
  const [before, after] = [parse(head), parse(tail ?? '')]
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length
  return [...before, ...Array<number>(zeros).fill(0), ...after]
}

function isEmbedded(address: string): boolean {
  return mapped.test(new URL(`http://[${address}]/`).hostname)
}

// ::ffff:7f00:1 as URL writes it; ::7f00:1, the form that was given up; ::1 and :: are neither.
const mapped = /^\[::(?:ffff:|[0-9a-f]+:[0-9a-f]+\]$)/

function subnets(ipv4: Subnets, ipv6: Subnets): BlockList {
  const list = new BlockList()
  for (const [net, prefix] of ipv4) list.addSubnet(net, prefix, 'ipv4')
  for (const [net, prefix] of ipv6) list.addSubnet(net, prefix, 'ipv6')
  return list
}
