import { type LookupAddress, lookup as lookupBySystem } from 'node:dns'
import { Resolver } from 'node:dns/promises'
import type { Resolve } from './lookup.ts'

/** A name server that needs longer does not answer. Half of what a delivery has in all. */
const timeoutDefaultMs = 5_000
/** Source: RFC 6761, 6.3: these names mean this machine, whatever a name server says. */
const localName = /(^|\.)localhost\.?$/i
const localAddresses: readonly LookupAddress[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
]

/**
 * Asks name servers for the addresses of a name, over sockets of its own. `dns.lookup` would ask
 * them on a thread of libuv's pool, which has four: names whose servers never answer would take
 * the threads away from all merchants, and the deadline of a delivery does not give them back.
 *
 * A developer's machine has names that only the system knows (the hosts file, a search domain). In
 * the private reach those are looked up by the system, one at a time: one thread is all they get.
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
  // Each try waits twice as long as the one before: the four take `timeoutMs`.
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

/** No name server knows the name, or there is no name server. */
function isUnknownToServers(error: unknown): boolean {
  const { code = '' } = error as { code?: string }
  return ['ENOTFOUND', 'ENODATA', 'ECONNREFUSED', 'ESERVFAIL', 'EBADNAME'].includes(code)
}

/** Looks names up by the system, one after the other. */
class SystemNames {
  readonly #timeoutMs: number
  /** The look-up that runs. It ends when the system's thread does, which nothing can shorten. */
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
