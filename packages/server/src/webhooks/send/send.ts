import { responseBytesKept } from '@hedgepayments/contract'
import { type Agents, callOut, createAgents, destroyAgents } from '../../outgoing/call.ts'
import { ForbiddenAddressError } from '../../outgoing/errors.ts'
import { isAllowed, kindOf, literalAddress, type Reach } from './address.ts'
import { guardedLookup, type Resolve } from './lookup.ts'

/** A request to the URL of an endpoint. */
export interface Outgoing {
  readonly url: string
  readonly livemode: boolean
  /** The networks that the request may reach. Live events reach public addresses only. */
  readonly reach: Reach
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  /** Aborts the request when this process stops. */
  readonly signal: AbortSignal
}

/** The response of a receiver. */
export interface Incoming {
  readonly status: number
  readonly retryAfter: string | null
  /**
   * The first kilobyte, decoded as text. `null`: the address is not public. A key of test mode must not
   * read pages of the server's network.
   */
  readonly body: string | null
}

/** @throws the reason why no response came: see `explain`. */
export type Send = (outgoing: Outgoing) => Promise<Incoming>

/** The deadline of an attempt, from the name look-up to the response. Source: docs/webhooks.md. */
export const deadlineDefaultMs = 10_000

/** Sends requests to allowed addresses only. Does not follow redirects. */
export function createSend(
  resolve: Resolve,
  { deadlineMs = deadlineDefaultMs }: { deadlineMs?: number } = {},
): { send: Send; close(): void } {
  // Connections are pooled by reach: a request never reuses a connection that it could not open.
  const routes = {
    live: routeTo(resolve, 'public'),
    public: routeTo(resolve, 'public'),
    private: routeTo(resolve, 'private'),
  }
  return {
    async send(outgoing) {
      const url = new URL(outgoing.url)
      const reach = outgoing.livemode ? 'public' : outgoing.reach
      // The look-up function, which checks names, is not called for a literal address.
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

/** `stream` omits a character that the cut has split. PostgreSQL's text cannot store NUL. */
export function textOf(bytes: Buffer): string {
  return new TextDecoder().decode(bytes, { stream: true }).replaceAll('\0', '\ufffd')
}
