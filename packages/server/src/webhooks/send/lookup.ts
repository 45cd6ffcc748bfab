import type { LookupAddress } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { ForbiddenAddressError } from '../../outgoing/errors.ts'
import { isAllowed, type Reach } from './address.ts'

/** Finds the addresses of a name. It must call back within a bounded time. */
export type Resolve = (
  hostname: string,
  reach: Reach,
  callback: (error: Error | null, addresses: readonly LookupAddress[]) => void,
) => void

/**
 * The look-up of a connection that is being made. The addresses it judges are the ones that are
 * connected to, so a name that changes its mind afterwards gains nothing. A name that has one
 * forbidden address among its own is refused whole: no honest receiver has such a name.
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
