import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { expectedOfUrl, isAllowed, kindOf } from './address.ts'

const live = { livemode: true, reach: 'public' } as const
const testMode = { livemode: false, reach: 'private' } as const
/** Test mode once the deployment has a live key. */
const besideLive = { livemode: false, reach: 'public' } as const

describe('in live mode webhooks are', () => {
  test.each([
    ['this host', '0.0.0.0'],
    ['private', '10.0.0.1'],
    ['private', '172.16.0.1'],
    ['private', '172.31.255.255'],
    ['private', '192.168.1.1'],
    ['carrier-grade NAT', '100.64.0.1'],
    ['carrier-grade NAT', '100.127.255.255'],
    ['loopback', '127.0.0.1'],
    ['loopback', '127.255.255.254'],
    ['metadata of a cloud', '169.254.169.254'],
    ['protocol assignments', '192.0.0.192'],
    ['benchmarks', '198.18.0.1'],
    ['6to4 relay', '192.88.99.1'],
    ['documentation', '203.0.113.9'],
    ['multicast', '224.0.0.1'],
    ['reserved', '240.0.0.1'],
    ['broadcast', '255.255.255.255'],
    ['unspecified', '::'],
    ['loopback', '::1'],
    ['mapped loopback', '::ffff:127.0.0.1'],
    ['mapped loopback', '::ffff:7f00:1'],
    ['mapped public', '::ffff:8.8.8.8'],
    ['compatible', '::127.0.0.1'],
    ['NAT64', '64:ff9b::7f00:1'],
    ['local NAT64', '64:ff9b:1::a00:1'],
    ['6to4', '2002:7f00:1::'],
    ['Teredo', '2001:0:4136:e378:8000:63bf:3fff:fdd2'],
    ['documentation', '2001:db8::1'],
    ['unique local', 'fd12:3456:789a::1'],
    ['metadata of a cloud', 'fd00:ec2::254'],
    ['metadata of a cloud', '168.63.129.16'],
    ['link-local', 'fe80::1'],
    ['link-local with a zone', 'fe80::1%eth0'],
    ['site-local', 'fec0::1'],
    ['multicast', 'ff02::1'],
    ['discard', '100::1'],
    ['segment routing', '5f00::1'],
    ['no address at all', 'example.com'],
  ])('refused for %s: %s', (_kind, address) => {
    expect(isAllowed(address, 'public')).toBe(false)
  })

  test.each(['8.8.8.8', '1.1.1.1', '100.63.255.255', '172.32.0.1', '2606:4700::1111'])(
    'allowed for the public address %s',
    (address) => {
      expect(isAllowed(address, 'public')).toBe(true)
    },
  )
})

test('private reach allows this machine and private networks, and no other special address', () => {
  for (const address of ['127.0.0.1', '::1', '10.1.2.3', '192.168.0.1', 'fd00::1', '8.8.8.8']) {
    expect(isAllowed(address, 'private'), address).toBe(true)
  }
  for (const address of ['169.254.169.254', '0.0.0.0', '::', 'fe80::1', '::ffff:169.254.169.254']) {
    expect(isAllowed(address, 'private'), address).toBe(false)
  }
})

test.each([
  ['AWS and most others', '169.254.169.254'],
  ['AWS ECS', '169.254.170.2'],
  ['AWS EKS', '169.254.170.23'],
  ['AWS by IPv6', 'fd00:ec2::254'],
  ['AWS EKS by IPv6', 'fd00:ec2::23'],
  ['AWS by IPv6, written out', 'FD00:0EC2:0000:0000:0000:0000:0000:0254'],
  ['Google Cloud by IPv6', 'fd20:ce::254'],
  ['Azure', '168.63.129.16'],
  ['Alibaba Cloud', '100.100.100.200'],
  ['Oracle Cloud', '192.0.0.192'],
  ['Oracle Cloud by IPv6', 'fd00:c1::a9fe:a9fe'],
  ['Scaleway', '169.254.42.42'],
  ['Scaleway by IPv6', 'fd00:42::42'],
  ['Linode by IPv6', 'fd00:a9fe:a9fe::1'],
  ['OpenStack by IPv6', 'fe80::a9fe:a9fe'],
  ['a NAT64 prefix of a private network', 'fd64:ff9b::a9fe:a9fe'],
  ['a NAT64 prefix of a public network', '2a00:1234:5678::a9fe:a9fe'],
  ['Azure behind a NAT64 prefix', 'fd64::168.63.129.16'],
  ['ISATAP of a private network', 'fd00::5efe:a9fe:a9fe'],
  ['ISATAP of a public network', '2a00::200:5efe:169.254.169.254'],
  ['mapped', '::ffff:169.254.169.254'],
  ['translated', '::ffff:0:169.254.169.254'],
  ['compatible', '::169.254.169.254'],
  ['NAT64', '64:ff9b::169.254.169.254'],
  ['local NAT64', '64:ff9b:1::169.254.169.254'],
  ['6to4', '2002:a9fe:a9fe::1'],
  ['Teredo', '2001:0:a9fe:a9fe::1'],
  ['a zone', 'fd00:ec2::254%eth0'],
])('no mode reaches cloud metadata: %s, %s', (_whose, address) => {
  expect(kindOf(address)).toBe('forbidden')
  const host = address.includes(':') ? `[${address.replace(/%.*/, '')}]` : address
  const url = `https://${host}/latest/meta-data/`
  for (const mode of [live, testMode, besideLive]) {
    expect(isAllowed(address, mode.reach)).toBe(false)
    expect(expectedOfUrl(url, mode)).not.toBeNull()
  }
})

const octet = fc.nat(255)
const group = fc.nat(0xffff).map((value) => value.toString(16))
const groups = (count: number) =>
  fc.array(group, { minLength: count, maxLength: count }).map((all) => all.join(':'))
const ofRange = (...prefix: number[]) =>
  fc
    .array(octet, { minLength: 4 - prefix.length, maxLength: 4 - prefix.length })
    .map((rest) => [...prefix, ...rest].join('.'))

test('no mode reaches a link-local address, a metadata network, or an IPv4 address in IPv6', () => {
  const never = fc.oneof(
    ofRange(169, 254),
    ofRange(0),
    ofRange(224),
    fc
      .tuple(fc.constantFrom('fd00:ec2', 'fd20:ce', 'fd00:c1', 'fd00:42'), groups(6))
      .map(([head, rest]) => `${head}:${rest}`),
    fc
      .tuple(fc.constantFrom('fe80', 'febf', 'ff02', 'fec0', '2002', '64'), groups(7))
      .map(([head, rest]) => `${head}:${rest}`),
    fc.tuple(fc.constant('2001:0'), groups(6)).map(([head, rest]) => `${head}:${rest}`),
    ofRange().map((ipv4) => `::ffff:${ipv4}`),
    ofRange(169, 254).map((ipv4) => `fd12:3456::${ipv4}`),
  )
  fc.assert(
    fc.property(never, (address) => {
      expect(kindOf(address), address).toBe('forbidden')
    }),
  )
})

test('a private address is allowed in the private reach only', () => {
  const own = fc.oneof(
    ofRange(10),
    ofRange(127),
    ofRange(192, 168),
    fc.integer({ min: 16, max: 31 }).chain((second) => ofRange(172, second)),
    groups(6).map((rest) => `fd12:3456:${rest}`),
  )
  fc.assert(
    fc.property(own, (address) => {
      fc.pre(!/:(?:a9fe:[^:]+|6464:64c8|a83f:8110|c000:c0)$/.test(address))
      expect(isAllowed(address, 'public'), address).toBe(false)
      expect(isAllowed(address, 'private'), address).toBe(true)
    }),
  )
})

test('once there is a live key, test mode registers public addresses only', () => {
  for (const host of ['localhost:3000', 'shop.localhost', '127.0.0.1', '[::1]', '10.0.0.1']) {
    expect(expectedOfUrl(`http://${host}/hook`, besideLive), host).toContain('a public address')
    expect(expectedOfUrl(`http://${host}/hook`, testMode), host).toBeNull()
  }
  expect(expectedOfUrl('http://example.com/hook', besideLive)).toBeNull()
})

test('no IPv6 form of an IPv4 address is allowed', () => {
  fc.assert(
    fc.property(fc.ipV4(), (ipv4) => {
      const [a, b, c, d] = ipv4.split('.').map(Number) as [number, number, number, number]
      const hex = `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
      const forms = [`::ffff:${ipv4}`, `::ffff:${hex}`, `64:ff9b::${hex}`, `2002:${hex}::1`]
      for (const form of forms) expect(kindOf(form), form).toBe('forbidden')
    }),
  )
})

test('a private IPv4 address is recognized in every notation of a URL', () => {
  fc.assert(
    fc.property(fc.constantFrom(10, 127), octet, octet, octet, (a, b, c, d) => {
      const whole = ((a * 256 + b) * 256 + c) * 256 + d
      const forms = [
        `${a}.${b}.${c}.${d}`,
        `${a}.${b}.${c}.${d}.`,
        `${whole}`,
        `0x${whole.toString(16)}`,
        `0${whole.toString(8)}`,
        `0x${a.toString(16)}.${b}.${c * 256 + d}`,
        `0${a.toString(8)}.${(b * 256 + c) * 256 + d}`,
        `[::ffff:${a}.${b}.${c}.${d}]`,
      ]
      for (const host of forms) {
        expect(expectedOfUrl(`https://${host}/hook`, live), host).toBe('a public address')
      }
    }),
  )
})

test('live mode requires https without a user in the URL', () => {
  expect(expectedOfUrl('https://example.com:8443/hook?a=1', live)).toBeNull()
  expect(expectedOfUrl('http://example.com/hook', live)).toContain('https')
  expect(expectedOfUrl('http://localhost:3000/hook', testMode)).toBeNull()
  expect(expectedOfUrl('https://localhost./hook', live)).toBe('a public address')
  expect(expectedOfUrl('https://a:b@example.com/hook', live)).toContain('without user')
  expect(expectedOfUrl('https://example.com/#hook', testMode)).toContain('without a fragment')
})
