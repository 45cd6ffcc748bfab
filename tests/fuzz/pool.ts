import { idPrefixes } from '@hedgepayments/contract'
import { firstKeys } from '../support/servers/server.ts'

/** Kinds of objects that a request can name. Before it is sent, they are written as `{{payment:3}}`. */
export type Kind =
  | 'payment'
  | 'event'
  | 'cancellation'
  | 'checkoutSession'
  | 'dispute'
  | 'webhookEndpoint'
  | 'delivery'
  | 'key'
  | 'merchant'

const kindOfObject: Readonly<Record<string, Kind>> = {
  payment: 'payment',
  event: 'event',
  cancellation: 'cancellation',
  checkout_session: 'checkoutSession',
  dispute: 'dispute',
  webhook_endpoint: 'webhookEndpoint',
  webhook_delivery: 'delivery',
}

/** Limit of objects of each kind. Older ones are mostly in a final state. */
const keptMax = 40

/** The objects that earlier answers have named, for later requests. */
export class Pool {
  readonly #ids = new Map<string, string[]>()
  #clockOffsetSeconds = 0

  constructor(given: Readonly<Record<string, string>>) {
    for (const [kind, id] of Object.entries(given)) this.#ids.set(kind, [id])
  }

  /** Replaces the references in a text. */
  resolve(text: string): string {
    return text.replace(/\{\{(\w+):(\d+)\}\}/g, (_, kind: string, number: string) =>
      this.#find(kind, Number(number)),
    )
  }

  /** Records the objects that an answer names. */
  learn(value: unknown): void {
    if (typeof value !== 'object' || value === null) return
    const { object, id, secret_key: secret, etag } = value as Record<string, unknown>
    const kind = kindOfObject[String(object)]
    if (kind && typeof id === 'string') this.add(kind, id)
    // Only the creator of a key names it, because the key of the requests must not be revoked.
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
