import type { LookupAddress } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { ForbiddenAddressError } from '../../outgoing/errors.ts'
import { isAllowed, type Reach } from './address.ts'

/** Resolves a name to addresses. Calls back within a bounded time. */
export type Resolve = (
  hostname: string,
  reach: Reach,
  callback: (error: Error | null, addresses: readonly LookupAddress[]) => void,
) => void

/**
 * The look-up function of a connection. It checks the addresses that the socket then connects to, so a
 * name cannot resolve to another address after the check. A name with one forbidden address is
 * refused: no legitimate receiver has one.
 */
export function guardedLookup(resolve: Resolve, reach: Reach): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, reach, (error, addresses) => {
      const [first] = addresses ?? []
      if (error) callback(error, '', 0)
      else if (!first || !addresses.every(({ address }) => isAllowed(address, reach))) {
        callback(new ForbiddenAddressError(), '', 0)
      } else if (options.all) callback(null, [...addresses])
      else callback(null, first.address, first.family)
    })
  }
}
