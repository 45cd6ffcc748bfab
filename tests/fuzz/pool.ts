import { idPrefixes } from '@hedgepayments/contract'
import { firstKeys } from '../support/servers/server.ts'

/** Kinds of thing that a request can name, as `{{payment:3}}` until it is sent. */
export type Kind =
  | 'payment'
  | 'event'
  | 'cancellation'
  | 'checkoutSession'
  | 'webhookEndpoint'
  | 'delivery'
  | 'key'
  | 'merchant'

const kindOfObject: Readonly<Record<string, Kind>> = {
  payment: 'payment',
  event: 'event',
  cancellation: 'cancellation',
  checkout_session: 'checkoutSession',
  webhook_endpoint: 'webhookEndpoint',
  webhook_delivery: 'delivery',
}

/** The latest of each kind: older ones are mostly spent. */
const keptMax = 40

/** Everything that the answers so far have named, for later requests to use. */
export class Pool {
  readonly #ids = new Map<string, string[]>()
  #clockOffsetSeconds = 0

  constructor(given: Readonly<Record<string, string>>) {
    for (const [kind, id] of Object.entries(given)) this.#ids.set(kind, [id])
  }

  /** Fills in what a text refers to. */
  resolve(text: string): string {
    return text.replace(/\{\{(\w+):(\d+)\}\}/g, (_, kind: string, number: string) =>
      this.#find(kind, Number(number)),
    )
  }

  /** Remembers what an answer names. */
  learn(value: unknown): void {
    if (typeof value !== 'object' || value === null) return
    const { object, id, secret_key: secret, etag } = value as Record<string, unknown>
    const kind = kindOfObject[String(object)]
    if (kind && typeof id === 'string') this.add(kind, id)
    // Only the maker of a key names it, because the key of the request must not be revoked.
    if (object === 'api_key' && typeof secret === 'string') {
      this.add('key', String(id))
      this.add('secret', secret)
    }
    if (typeof etag === 'string') this.add('etag', etag)
    if (object === 'test_clock') {
      this.#clockOffsetSeconds = (value as { offset_seconds: number }).offset_seconds
    }
    for (const part of Object.values(value)) this.learn(part)
  }

  add(kind: string, id: string): void {
    const ids = this.#ids.get(kind) ?? []
    if (ids.includes(id)) return
    ids.push(id)
    if (ids.length > keptMax) ids.shift()
    this.#ids.set(kind, ids)
  }

  #find(kind: string, number: number): string {
    if (kind === 'own') return firstKeys.secretKey
    if (kind === 'in') {
      const ms = Date.now() + (this.#clockOffsetSeconds + number) * 1000
      return new Date(ms).toISOString()
    }
    const ids = this.#ids.get(kind) ?? []
    const prefix = idPrefixes[kind as keyof typeof idPrefixes] ?? ''
    return ids[number % ids.length] ?? `${prefix}0000000000000000`
  }
}
