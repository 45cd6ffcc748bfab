import fc from 'fast-check'
import pg from 'pg'
import { describe, expect, test } from 'vitest'
import { AddressError, parseAddress } from './address.ts'

const name = fc.stringMatching(/^[a-z][a-z0-9.-]{0,12}$/)
const ipv6 = fc.ipV6().filter((address) => !address.includes('.'))
const port = fc.option(fc.integer({ min: 1, max: 65_535 }))
const secret = fc.string({ unit: 'binary', minLength: 1, maxLength: 12 })
const place = fc.record({ name: fc.oneof(name, ipv6, fc.constant('/var/run/postgresql')), port })

/** The host as it is written in the authority of a URL. */
function written({ name, port }: { name: string; port: number | null }): string {
  const host = name.includes(':') ? `[${name}]` : encodeURIComponent(name)
  return port === null ? host : `${host}:${port}`
}

/** The driver's own parse of the address. Both must agree on everything but the hosts. */
function driver(address: string): pg.Client {
  return new pg.Client({ connectionString: parseAddress(address).connectionString })
}

describe('the address of a database:', () => {
  test('hosts keep their order, have optional ports, and can be IPv6 addresses and sockets', () => {
    fc.assert(
      fc.property(fc.array(place, { minLength: 1, maxLength: 5 }), (places) => {
        const { hosts, wanted } = parseAddress(`postgres://me@${places.map(written)}/pay`)
        expect(hosts).toEqual(places)
        expect(wanted).toBe(places.length > 1 ? 'read-write' : 'any')
      }),
    )
  })

  test('hosts can be query parameters, with one port for all or one each', () => {
    const parameters = (ports: string) => `postgres://me@x:1/pay?host=a,::1,%2Frun&port=${ports}`
    const hosts = (ports: string) => parseAddress(parameters(ports)).hosts.map(({ port }) => port)
    expect(parseAddress(parameters('7')).hosts.map((host) => host.name)).toEqual([
      'a',
      '::1',
      '/run',
    ])
    expect(hosts('7')).toEqual([7, 7, 7])
    expect(hosts('7,,9')).toEqual([7, null, 9])
    expect(() => hosts('7,8')).toThrow(/port: expected one, or as many/)
  })

  test('the driver gets the decoded user, password and database', () => {
    fc.assert(
      fc.property(secret, secret, secret, (user, password, database) => {
        const encoded = [user, password, database].map((part) => encodeURIComponent(part))
        const address = `postgres://${encoded[0]}:${encoded[1]}@a:1,[::1]:2/${encoded[2]}`
        const client = driver(`${address}?target_session_attrs=primary`)
        expect([client.user, client.password]).toEqual([user, password])
      }),
    )
    expect(driver('postgres://u:a%40b%2Fc%25@x,y/pay').password).toBe('a@b/c%')
    expect(driver('postgres://u:p@x,y/pay%20ments').database).toBe('pay ments')
  })

  test("an address without a host uses the driver's default", () => {
    for (const address of ['postgres:///pay', 'postgres://me@/pay', 'postgresql://me:x@/pay']) {
      expect(parseAddress(address).hosts).toEqual([{ name: null, port: null }])
      expect(driver(address).database).toBe('pay')
    }
  })

  test('session settings are kept apart, so that they do not replace those of the server', () => {
    const { options, connectionString } = parseAddress(
      'postgres://me@a/pay?options=-c%20search_path%3Dpay&application_name=shop',
    )
    expect(options).toBe('-c search_path=pay')
    expect(connectionString).not.toContain('search_path')
    expect(connectionString).toContain('application_name=shop')
  })

  test('every TLS mode except no-verify, disable and libpq-compatible require checks the certificate', () => {
    for (const mode of ['prefer', 'require', 'verify-ca', 'verify-full']) {
      expect(driver(`postgres://a,b/pay?sslmode=${mode}`).ssl).toEqual({})
    }
    const unchecked = { rejectUnauthorized: false }
    expect(driver('postgres://a/pay?sslmode=no-verify').ssl).toEqual(unchecked)
    const likeLibpq = 'postgres://a/pay?sslmode=require&uselibpqcompat=true'
    expect(driver(likeLibpq).ssl).toEqual(unchecked)
    expect(driver('postgres://a/pay?sslmode=disable').ssl).toBe(false)
  })

  test.each([
    ['mysql://a:topsecret@b/pay', /begins with postgres:\/\//],
    ['topsecret', /begins with postgres:\/\//],
    ['postgres://u:topsecret@a:x/pay', /port of host 1 is not a number/],
    ['postgres://u:topsecret@a,b:70000/pay', /port of host 2 is not a number/],
    ['postgres://u:topsecret@a:0/pay', /port of host 1/],
    ['postgres://u:topsecret@a,,b/pay', /host 2 of 3 has no name/],
    ['postgres://u:topsecret@[::1/pay', /host 1 is not a name/],
    ['postgres://u:topsecret@::1/pay', /host 1 is not a name/],
    ['postgres://u:top/secret@a/pay', /port of host 1/],
    ['postgres://u:a@topsecret/b@host/pay', /%2F and %40/],
    ['postgres://u:top#secret@a/pay', /%3F and %23/],
    ['postgres://u:topsecret%@a/pay', /user or the password has a %/],
    ['postgres://u:topsecret@a/pay?target_session_attrs=standby', /target_session_attrs: expected/],
    ['postgres://u:topsecret@a/pay?target_session_attrs=read-only', /has to write/],
    ['postgres://u:topsecret@a/pay?sslmode=allow', /sslmode: expected/],
    [`postgres://u:topsecret@${Array(17).fill('a')}/pay`, /at most 16 hosts/],
  ])(
    'an unusable address is refused with the reason and without its password: %s',
    (address, reason) => {
      expect(() => parseAddress(address)).toThrow(AddressError)
      expect(() => parseAddress(address)).toThrow(reason)
      expect(() => parseAddress(address)).not.toThrow(/secret/)
    },
  )

  test('any text parses or throws an AddressError without the input', () => {
    const noise = fc.stringMatching(/^[@:,/?#[\]%&=a-z0-9 ]{0,40}$/)
    fc.assert(
      fc.property(noise, (text) => {
        try {
          parseAddress(`postgres://u:topsecret${text}`)
        } catch (error) {
          expect(error).toBeInstanceOf(AddressError)
          expect((error as Error).message).not.toContain('secret')
        }
      }),
      { numRuns: 2_000 },
    )
  })
})
