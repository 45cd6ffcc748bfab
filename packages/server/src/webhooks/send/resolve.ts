import { type LookupAddress, lookup as lookupBySystem } from 'node:dns'
import { Resolver } from 'node:dns/promises'
import type { Resolve } from './lookup.ts'

/** How long name servers may take: half of the deadline of a delivery. */
const timeoutDefaultMs = 5_000
/** These names always mean this machine. Source: RFC 6761, 6.3. */
const localName = /(^|\.)localhost\.?$/i
const localAddresses: readonly LookupAddress[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
]

/**
 * Resolves names by queries to name servers. `dns.lookup` would use one of the four threads of libuv's
 * pool for each name: names whose servers never answer would block the threads for all merchants,
 * and the deadline of a delivery does not free them.
 *
 * On a developer's machine some names are known to the system only (hosts file, search domain). With
 * private reach, the system resolves these names one at a time, so that they block one thread at most.
 */
export function createResolve({
  timeoutMs = timeoutDefaultMs,
  servers,
}: {
  timeoutMs?: number
  /** Default: the name servers of the system. */
  servers?: readonly string[]
} = {}): Resolve {
  const system = new SystemNames(timeoutMs)
  return (hostname, reach, callback) => {
    find().then(
      (addresses) => callback(null, addresses),
      (error: Error) => callback(error, []),
    )

    async function find(): Promise<readonly LookupAddress[]> {
      if (localName.test(hostname)) return localAddresses
      try {
        return await askServers(hostname, { timeoutMs, servers })
      } catch (error) {
        if (reach === 'public' || !isUnknownToServers(error)) throw error
        return await system.find(hostname)
      }
    }
  }
}

async function askServers(
  hostname: string,
  { timeoutMs, servers }: { timeoutMs: number; servers: readonly string[] | undefined },
): Promise<LookupAddress[]> {
  // The timeout of each try is twice that of the one before: four tries take `timeoutMs`.
  const resolver = new Resolver({ timeout: Math.ceil(timeoutMs / 15), tries: 4 })
  if (servers) resolver.setServers(servers)
  const timer = setTimeout(() => resolver.cancel(), timeoutMs)
  try {
    const [ipv4, ipv6] = await Promise.allSettled([
      resolver.resolve4(hostname),
      resolver.resolve6(hostname),
    ])
    const found = [...addressesOf(ipv4, 4), ...addressesOf(ipv6, 6)]
    if (found.length === 0 && ipv4.status === 'rejected') throw ipv4.reason
    return found
  } finally {
    clearTimeout(timer)
  }
}

function addressesOf(answer: PromiseSettledResult<string[]>, family: 4 | 6): LookupAddress[] {
  return answer.status === 'fulfilled' ? answer.value.map((address) => ({ address, family })) : []
}

/** Whether no name server knows the name, or no name server answers. */
function isUnknownToServers(error: unknown): boolean {
  const { code = '' } = error as { code?: string }
  return ['ENOTFOUND', 'ENODATA', 'ECONNREFUSED', 'ESERVFAIL', 'EBADNAME'].includes(code)
}

/** Resolves names by the system, one after the other. */
class SystemNames {
  readonly #timeoutMs: number
  /** The last look-up. It ends when the thread of the system does: it cannot be aborted. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs
  }

  async find(hostname: string): Promise<readonly LookupAddress[]> {
    let isLate = false
    const found = this.#last.then(() => {
      if (isLate) throw lateError()
      return bySystem(hostname)
    })
    this.#last = found.catch(() => undefined)
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        isLate = true
        reject(lateError())
      }, this.#timeoutMs)
    })
    try {
      return await Promise.race([found, late])
    } finally {
      clearTimeout(timer)
    }
  }
}

function bySystem(hostname: string): Promise<readonly LookupAddress[]> {
  return new Promise((resolve, reject) => {
    lookupBySystem(hostname, { all: true, verbatim: true }, (error, addresses) => {
      if (error) reject(error)
      else resolve(addresses)
    })
  })
}

function lateError(): Error {
  return Object.assign(new Error('the name was not resolved in time'), { code: 'ETIMEOUT' })
}
