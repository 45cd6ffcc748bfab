import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { expectedOfUrl, isAllowed, kindOf } from './address.ts'

const live = { livemode: true }
const testMode = { livemode: false }

describe('an address that webhooks may not reach in live mode', () => {
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
    ['unique local', 'fd00:ec2::254'],
    ['link-local', 'fe80::1'],
    ['link-local with a zone', 'fe80::1%eth0'],
    ['site-local', 'fec0::1'],
    ['multicast', 'ff02::1'],
    ['discard', '100::1'],
    ['segment routing', '5f00::1'],
    ['no address at all', 'example.com'],
  ])('is %s: %s', (_kind, address) => {
    expect(isAllowed(address, live)).toBe(false)
  })

  test.each(['8.8.8.8', '1.1.1.1', '100.63.255.255', '172.32.0.1', '2606:4700::1111'])(
    'is not %s',
    (address) => {
      expect(isAllowed(address, live)).toBe(true)
    },
  )
})

test('test mode reaches this machine and its network, and no other special place', () => {
  for (const address of ['127.0.0.1', '::1', '10.1.2.3', '192.168.0.1', 'fd00::1', '8.8.8.8']) {
    expect(isAllowed(address, testMode), address).toBe(true)
  }
  for (const address of ['169.254.169.254', '0.0.0.0', '::', 'fe80::1', '::ffff:169.254.169.254']) {
    expect(isAllowed(address, testMode), address).toBe(false)
  }
})

test('no IPv6 form of an IPv4 address gets anywhere', () => {
  fc.assert(
    fc.property(fc.ipV4(), (ipv4) => {
      const [a, b, c, d] = ipv4.split('.').map(Number) as [number, number, number, number]
      const hex = `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
      const forms = [`::ffff:${ipv4}`, `::ffff:${hex}`, `64:ff9b::${hex}`, `2002:${hex}::1`]
      for (const form of forms) expect(kindOf(form), form).toBe('forbidden')
    }),
  )
})

test('a private IPv4 address is found however it is written in a URL', () => {
  const octet = fc.integer({ min: 0, max: 255 })
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

test('https alone, without a user, in live mode', () => {
  expect(expectedOfUrl('https://example.com:8443/hook?a=1', live)).toBeNull()
  expect(expectedOfUrl('http://example.com/hook', live)).toContain('https')
  expect(expectedOfUrl('http://localhost:3000/hook', testMode)).toBeNull()
  expect(expectedOfUrl('https://localhost./hook', live)).toBe('a public address')
  expect(expectedOfUrl('https://a:b@example.com/hook', live)).toContain('without user')
  expect(expectedOfUrl('https://example.com/#hook', testMode)).toContain('without a fragment')
})
