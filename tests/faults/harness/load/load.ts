import { setTimeout as sleep } from 'node:timers/promises'
import type { Chance } from '../../../support/chance.ts'
import type { Fleet } from '../world/fleet.ts'
import { createSend, type Send } from './client.ts'
import type { Answered, Journal } from './journal.ts'

/** Clients that create, submit, cancel, refund and reverse payments, until they are stopped. */
export interface Load {
  /** Resolves when every client has finished its current story. */
  stop(): Promise<void>
}

export interface LoadOptions {
  readonly fleet: Fleet
  readonly journal: Journal
  readonly chance: Chance
  /** Prefix of all idempotency keys, so that no two loads share a key. */
  readonly name: string
  /** Tokens that customers pay with. Faults of the processor are tokens of the sandbox. */
  readonly tokens: () => readonly string[]
  /** How far the merchant's clock is ahead, in seconds. */
  readonly clockOffsetSeconds: () => number
  readonly clientCount?: number
  /** Minimum pause between two requests of a client, in milliseconds. A random time of up to the same length is added. */
  readonly pauseMs?: () => number
}

/** Enough for conflicts. With their pauses they send about 200 requests/s, which two busy cores serve. */
const clientCountDefault = 16
const pauseMsDefault = 25
const amountMinor = 10_000
/** Limit of submitted payments that are kept to be refunded later. */
const soldMax = 200

/** Starts the clients. */
export function startLoad(options: LoadOptions): Load {
  let stopped = false
  const sold: string[] = []
  const send = createSend(options)
  const { clientCount = clientCountDefault } = options
  const clients = Array.from({ length: clientCount }, async (_, n) => {
    for (let turn = 0; !stopped; turn++) {
      const client = new Client({ ...options, send, sold, name: `${options.name} ${n}.${turn}` })
      await options.chance.pick(stories)(client)
    }
  })
  return {
    async stop() {
      stopped = true
      await Promise.all(clients)
    },
  }
}

/** One client that runs one story. */
class Client {
  readonly sold: string[]
  readonly chance: Chance
  readonly #options: LoadOptions & { send: Send }
  #requests = 0

  constructor(options: LoadOptions & { send: Send; sold: string[] }) {
    this.sold = options.sold
    this.chance = options.chance
    this.#options = options
  }

  async #send(request: Parameters<Send>[0]): Promise<Answered | null> {
    const pauseMs = this.#options.pauseMs?.() ?? pauseMsDefault
    await sleep(pauseMs + this.chance.below(pauseMs))
    return await this.#options.send(request)
  }

  newKey(): string {
    return `${this.#options.name}.${this.#requests++}`
  }

  /** Creates a payment with its key in the metadata, and returns its id. */
  async create(more: object = {}, key = this.newKey()): Promise<string | null> {
    const body = {
      amount: amountMinor,
      currency: 'USD',
      customer_email: 'customer@example.com',
      metadata: { create: key },
      ...(this.chance.below(4) === 0 ? { payment_method: 'ach' } : {}),
      ...more,
    }
    const answer = await this.#send({ kind: 'create', path: '/v1/payments', body, key })
    return answer?.status === 201 ? answer.body.id : null
  }

  async initiate(id: string, token = this.token()): Promise<boolean> {
    const path = `/v1/payments/${id}/initiate`
    const body = { payment_method_token: token }
    const answer = await this.#send({ kind: 'initiate', path, body, key: this.newKey() })
    return answer?.status === 200
  }

  async cancel(id: string, key = this.newKey()): Promise<Answered | null> {
    const path = `/v1/payments/${id}/cancel`
    return await this.#send({ kind: 'cancel', path, body: { reason: key }, key })
  }

  async cancelByKey(createKey: string): Promise<void> {
    const path = '/v1/payments/cancel'
    const key = this.newKey()
    const body = { idempotency_key: createKey, reason: key }
    await this.#send({ kind: 'cancel by key', path, body, key })
  }

  async refund(id: string, amount?: number): Promise<void> {
    const key = this.newKey()
    const body = { metadata: { refund: key }, ...(amount === undefined ? {} : { amount }) }
    await this.#send({ kind: 'refund', path: `/v1/payments/${id}/refund`, body, key })
  }

  async reverse(id: string): Promise<void> {
    const path = `/v1/payments/${id}/reverse`
    await this.#send({ kind: 'reverse', path, body: {}, key: this.newKey() })
  }

  async cancelMany(ids: readonly string[]): Promise<void> {
    const key = this.newKey()
    const body = { payment_ids: ids, reason: key }
    await this.#send({ kind: 'bulk', path: '/v1/cancellations', body, key })
  }

  async statusOf(id: string): Promise<string> {
    const answer = await this.#send({
      kind: 'retrieve',
      method: 'GET',
      path: `/v1/payments/${id}`,
    })
    return answer?.body.status ?? 'unknown'
  }

  token(): string {
    return this.chance.pick(this.#options.tokens())
  }

  /** The merchant's time in some seconds, as ISO 8601. */
  inSeconds(seconds: number): string {
    const atMs = Date.now() + (this.#options.clockOffsetSeconds() + seconds) * 1000
    return new Date(atMs).toISOString().replace(/\.\d+Z$/, 'Z')
  }
}

type Story = (client: Client) => Promise<void>

const cancelPending: Story = async (client) => {
  const id = await client.create()
  if (id === null) return
  const key = client.newKey()
  await client.cancel(id, key)
  // A client that lost the answer repeats its request.
  if (client.chance.once(3)) await client.cancel(id, key)
}

const cancelInWindow: Story = async (client) => {
  const id = await client.create({ cancel_window: 3_600 })
  if (id === null) return
  await client.initiate(id)
  await client.cancel(id)
}

const cancelCapturedByHand: Story = async (client) => {
  const id = await client.create({ cancel_window: 3_600 })
  if (id === null) return
  await client.initiate(id, 'tok_capturedByHand')
  await client.cancel(id)
}

const sell: Story = async (client) => {
  const id = await client.create()
  if (id === null || !(await client.initiate(id))) return
  client.sold.push(id)
  if (client.sold.length > soldMax) client.sold.shift()
}

const sellAtOnce: Story = async (client) => {
  const id = await client.create({ initiate: true, payment_method_token: client.token() })
  if (id !== null) client.sold.push(id)
}

const refundParts: Story = async (client) => {
  const id = client.sold.shift()
  if (id === undefined) return await sell(client)
  const status = await client.statusOf(id)
  if (status === 'initiated' || status === 'processing') return void client.sold.push(id)
  await client.refund(id, 1 + client.chance.below(amountMinor))
  if (client.chance.once(2)) await client.refund(id)
}

const refundAtOnce: Story = async (client) => {
  const id = client.sold.shift()
  if (id === undefined) return await sell(client)
  const amount = Math.ceil(amountMinor * 0.6)
  await Promise.all([client.refund(id, amount), client.refund(id, amount), client.refund(id)])
}

/** Conflicting requests for one payment. */
const race: Story = async (client) => {
  const id = await client.create()
  if (id === null) return
  await Promise.all([client.initiate(id), client.cancel(id), client.cancel(id)])
  await Promise.all([client.cancel(id), client.reverse(id), client.refund(id)])
}

const reverse: Story = async (client) => {
  const id = await client.create()
  if (id === null) return
  if (client.chance.once(2)) await client.initiate(id)
  await client.reverse(id)
}

const cancelMany: Story = async (client) => {
  const ids = await Promise.all([0, 1, 2, 3].map(() => client.create()))
  const created = ids.filter((id) => id !== null)
  if (created.length === 0) return
  const [first] = created
  if (first !== undefined && client.chance.once(2)) await client.initiate(first)
  await client.cancelMany(created)
}

const cancelByKey: Story = async (client) => {
  const key = client.newKey()
  if (client.chance.once(2)) {
    await client.create({}, key)
    await client.cancelByKey(key)
  } else {
    await client.cancelByKey(key)
    await client.create({}, key)
  }
}

/** Creates a payment that expires unpaid, so the system cancels it. */
const expire: Story = async (client) => {
  await client.create({ expires_at: client.inSeconds(2 + client.chance.below(3)) })
}

/** The stories that clients pick from. A repeated story is picked more often. */
const stories: readonly Story[] = [
  cancelPending,
  cancelPending,
  cancelPending,
  cancelInWindow,
  cancelInWindow,
  cancelCapturedByHand,
  sell,
  sell,
  sellAtOnce,
  refundParts,
  refundParts,
  refundAtOnce,
  race,
  race,
  reverse,
  cancelMany,
  cancelByKey,
  expire,
]
