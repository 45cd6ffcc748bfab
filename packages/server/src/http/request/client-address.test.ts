import { expect, test } from 'vitest'
import { addressOf, countedAddress, isProxy } from './client-address.ts'

const socket = (remoteAddress?: string) =>
  ({ remoteAddress }) as Parameters<typeof addressOf>[0]['socket']

test.each([
  ['10.0.0.5', '203.0.113.7', '203.0.113.7'],
  ['10.0.0.5', '::ffff:203.0.113.7', '203.0.113.7'],
  ['10.0.0.5', '2001:db8::1', '2001:db8::1'],
  ['10.0.0.5', 'fe80::1%eth0', 'fe80::1'],
  ['10.0.0.5', 'unknown', '10.0.0.5'],
  ['::ffff:10.0.0.5', 'x'.repeat(10_000), '10.0.0.5'],
  ['10.0.0.5', '203.0.113.7:4711', '10.0.0.5'],
  ['10.0.0.5', '<script>', '10.0.0.5'],
])('behind %s, a client reported as %s has the address %s', (remote, ip, expected) => {
  expect(addressOf({ ip, socket: socket(remote) })).toBe(expected)
})

test.each([
  ['203.0.113.7', '203.0.113.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002:ffff::1', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['64:ff9b::203.0.113.7', '64:ff9b:0:0::/64'],
  ['1:2:3:4:5:6:203.0.113.7', '1:2:3:4::/64'],
])('%s is counted as %s', (address, expected) => {
  expect(countedAddress(address)).toBe(expected)
})

test('proxies are addresses and ranges, and a range may not be wide enough to contain clients', () => {
  for (const right of ['10.0.0.5', '10.0.0.0/8', '192.168.1.0/24', '::1', 'fd00::/8', 'fc00::/7']) {
    expect(isProxy(right), right).toBe(true)
  }
  const wrong = ['', 'true', '1', 'loopback', 'proxy.internal', '10.0.0.0/33', '0.0.0.0/0', '::/0']
  wrong.push('10.0.0.0/', '10.0.0.0/8/8', '10.0.0.0/0x8', 'fe80::1%eth0', '128.0.0.0/1', '2000::/3')
  for (const each of wrong) expect(isProxy(each), each).toBe(false)
})
