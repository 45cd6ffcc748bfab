import { responseBytesKept } from '@hedgepayments/contract'
import { type Agents, callOut, createAgents, destroyAgents } from '../../outgoing/call.ts'
import { ForbiddenAddressError } from '../../outgoing/errors.ts'
import { isAllowed, kindOf, literalAddress, type Reach } from './address.ts'
import { guardedLookup, type Resolve } from './lookup.ts'

/** A request to a merchant's address. */
export interface Outgoing {
  readonly url: string
  readonly livemode: boolean
  /** Which networks the request may reach. Live events reach public addresses only. */
  readonly reach: Reach
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  /** Ends the request early, when this process stops. */
  readonly signal: AbortSignal
}

/** What came back. */
export interface Incoming {
  readonly status: number
  readonly retryAfter: string | null
  /**
   * The first kilobyte, as far as it is text. `null` where the address is not public: a key of test
   * mode must not read pages of the server's own network.
   */
  readonly body: string | null
}

/** @throws what kept a response from coming: see `explain`. */
export type Send = (outgoing: Outgoing) => Promise<Incoming>

/** Ten seconds for everything, from the look-up of the name. Source: api.md, Webhooks. */
export const deadlineDefaultMs = 10_000

/** Sends over connections that only ever lead to allowed addresses. Redirects are not followed. */
export function createSend(
  resolve: Resolve,
  { deadlineMs = deadlineDefaultMs }: { deadlineMs?: number } = {},
): { send: Send; close(): void } {
  // A connection is used again only by requests that may reach what it reaches.
  const routes = {
    live: routeTo(resolve, 'public'),
    public: routeTo(resolve, 'public'),
    private: routeTo(resolve, 'private'),
  }
  return {
    async send(outgoing) {
      const url = new URL(outgoing.url)
      const reach = outgoing.livemode ? 'public' : outgoing.reach
      // A literal address is never looked up.
      const literal = literalAddress(url)
      if (literal !== null && !isAllowed(literal, reach)) throw new ForbiddenAddressError()
      if (outgoing.livemode && url.protocol !== 'https:') throw new ForbiddenAddressError()
      const { agents, lookup } = routes[outgoing.livemode ? 'live' : reach]
      const { headers, body, signal } = outgoing
      const response = await callOut({
        ...{ url, headers, body, signal, agents, lookup, deadlineMs },
        bodyBytesMax: responseBytesKept,
      })
      const { remoteAddress } = response
      const isPublic = remoteAddress !== null && kindOf(remoteAddress) === 'public'
      return {
        status: response.status,
        retryAfter: response.headers['retry-after'] ?? null,
        body: isPublic ? textOf(response.body) : null,
      }
    },
    close() {
      for (const { agents } of Object.values(routes)) destroyAgents(agents)
    },
  }
}

interface Route {
  readonly agents: Agents
  readonly lookup: ReturnType<typeof guardedLookup>
}

function routeTo(resolve: Resolve, reach: Reach): Route {
  return { agents: createAgents(), lookup: guardedLookup(resolve, reach) }
}

/** `stream` leaves out a character that the cut has split. PostgreSQL's text takes no NUL. */
export function textOf(bytes: Buffer): string {
  return new TextDecoder().decode(bytes, { stream: true }).replaceAll('\0', '\ufffd')
}
