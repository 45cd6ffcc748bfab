import { lookup as dnsLookup, type LookupAddress } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { isAllowed } from './address.ts'

/** Finds the addresses of a name: the system's resolver, or a test's. */
export type Resolve = (
  hostname: string,
  callback: (error: Error | null, addresses: readonly LookupAddress[]) => void,
) => void

/** Thrown where a name leads into the network, or an address lies in it. */
export class ForbiddenAddressError extends Error {
  constructor() {
    super('the address is not a public one')
    this.name = 'ForbiddenAddressError'
  }
}

export const resolveBySystem: Resolve = (hostname, callback) => {
  dnsLookup(hostname, { all: true, verbatim: true }, callback)
}

/**
 * The look-up of a connection that is being made. The addresses it judges are the ones that are
 * connected to, so a name that changes its mind afterwards gains nothing. One that has a
 * forbidden address among its own is refused whole: nobody honest has such a name.
 */
export function guardedLookup(resolve: Resolve, mode: { livemode: boolean }): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, (error, addresses) => {
      const [first] = addresses ?? []
      if (error) callback(error, '', 0)
      else if (!first || !addresses.every(({ address }) => isAllowed(address, mode))) {
        callback(new ForbiddenAddressError(), '', 0)
      } else if (options.all) callback(null, [...addresses])
      else callback(null, first.address, first.family)
    })
  }
}
