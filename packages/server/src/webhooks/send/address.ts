import { BlockList, isIP, isIPv6 } from 'node:net'

/** Kinds of IP addresses. Webhooks never reach `forbidden` ones. */
export type AddressKind = 'public' | 'loopback' | 'private' | 'forbidden'

/** The addresses that a webhook may reach: public ones, or loopback and private ones as well. */
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
 * Metadata services of clouds, which give credentials to every process of a machine. Services inside
 * ranges that are forbidden anyway are listed too, so that each has its test. Source: the documents
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

// IPv6 addresses outside global unicast are forbidden: mapped and NAT64 addresses, which contain an
// IPv4 address, link-local, multicast, and future assignments. Of global unicast, Teredo and its
// neighbours, documentation, 6to4 and AS112 are forbidden.
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

/** The kind of an IP address, written as a resolver returns it. */
export function kindOf(address: string): AddressKind {
  // Only link-local addresses have a zone (fe80::1%eth0).
  if (isIP(address) === 0 || address.includes('%')) return 'forbidden'
  const family = isIPv6(address) ? 'ipv6' : 'ipv4'
  // Node treats ::ffff:127.0.0.1 as 127.0.0.1, so addresses with an embedded one are refused first.
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

/** Whether a webhook with this reach may connect to an address. */
export function isAllowed(address: string, reach: Reach): boolean {
  const kind = kindOf(address)
  return kind === 'public' || (reach === 'private' && (kind === 'loopback' || kind === 'private'))
}

/** The IP address in the host of a URL; `null`: the host is a name. */
export function literalAddress(url: URL): string | null {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  return isIP(host) === 0 ? null : host
}

/**
 * What the URL of an endpoint should be instead; `null`: it may be registered. `URL` normalizes encoded
 * addresses (0x7f.1, 2130706433, 0177.0.0.1, 127.0.0.1.). The addresses of a name are checked on every
 * connection.
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
  // A network may have private NAT64 or ISATAP prefixes. Both put the IPv4 address into the last 32 bits.
  const groups = groupsOf(address)
  const [high = 0, low = 0] = groups.slice(-2)
  return metadata.check([high >> 8, high & 255, low >> 8, low & 255].join('.'), 'ipv4')
}

/** The eight groups of an IPv6 address, parsed from the form that `URL` normalizes to. */
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

// Matches ::ffff:7f00:1 (IPv4-mapped) and ::7f00:1 (IPv4-compatible, deprecated), but not ::1 and ::.
const mapped = /^\[::(?:ffff:|[0-9a-f]+:[0-9a-f]+\]$)/

function subnets(ipv4: Subnets, ipv6: Subnets): BlockList {
  const list = new BlockList()
  for (const [net, prefix] of ipv4) list.addSubnet(net, prefix, 'ipv4')
  for (const [net, prefix] of ipv6) list.addSubnet(net, prefix, 'ipv6')
  return list
}
