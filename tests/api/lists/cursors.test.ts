import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Api, apiClient, createPayment, paymentBody } from '../../support/http/api.ts'
import { type Receiver, startReceiver } from '../../support/http/receiver.ts'
import { startServer, type TestServer, tell } from '../../support/servers/server.ts'
import { createMerchant, withServers } from '../../support/servers/servers.ts'
import { size } from '../../support/size.ts'
import { until } from '../../support/until.ts'

const preload = fileURLToPath(new URL('../../support/processes/shifted-date.ts', import.meta.url))
const fixture = withServers(1)

let behind: TestServer
let receiver: Receiver

beforeAll(async () => {
  behind = await startServer({ databaseUrl: fixture.database.url, preload })
  await tell(behind, { clockAheadMs: -60_000 })
  receiver = await startReceiver()
})

afterAll(async () => {
  await behind?.kill()
  await receiver?.close()
})

/** A new merchant, with a client of each server. */
async function newMerchant(): Promise<{ id: string; apis: [Api, Api] }> {
  const { id, test: api, testKey } = await createMerchant(fixture)
  return { id, apis: [api, apiClient(behind.url, testKey)] }
}

interface Page {
  readonly ids: string[]
  readonly more: boolean
}

async function readPage(api: Api, path: string, query: string): Promise<Page> {
  const { status, body } = await api('GET', `${path}${path.includes('?') ? '&' : '?'}${query}`)
  expect(status, JSON.stringify(body)).toBe(200)
  return { ids: body.data.map((item: { id: string }) => item.id), more: body.has_more }
}

/** The minimum time that a list waits for transactions that may still insert into it. */
const waitMsMin = 200

/**
 * A client sees what it has created, whichever server it asks. On a busy machine an older
 * transaction can take longer than a list waits. Then the list shows the object only later.
 */
async function expectSeen(apis: [Api, Api], path: string, id: string): Promise<void> {
  for (const api of apis) {
    const startedMs = performance.now()
    const { ids } = await readPage(api, path, 'limit=100')
    if (ids.includes(id)) continue
    expect(performance.now() - startedMs, `${path} waits`).toBeGreaterThanOrEqual(waitMsMin)
    const isShown = async () => (await readPage(api, path, 'limit=100')).ids.includes(id)
    await until(`${path} shows ${id}`, isShown)
  }
}

/** The whole list, newest first, by `starting_after`. */
async function readAll(apis: [Api, Api], path: string): Promise<string[]> {
  const ids: string[] = []
  for (let more = true, n = 0; more; n++) {
    const after = ids.length === 0 ? '' : `&starting_after=${ids.at(-1)}`
    const page = await readPage(apis[n % 2] as Api, path, `limit=100${after}`)
    ids.push(...page.ids)
    more = page.more
  }
  return ids
}

/** Follows a list by `ending_before` from the newest id it has seen. */
class Follower {
  readonly seen: string[]
  readonly #apis: [Api, Api]
  readonly #path: string
  #turns = 0

  constructor(apis: [Api, Api], path: string, first: string) {
    this.#apis = apis
    this.#path = path
    this.seen = [first]
  }

  async catchUp(): Promise<void> {
    for (let more = true; more; ) {
      const cursor = `limit=7&ending_before=${this.seen.at(-1)}`
      const page = await readPage(this.#apis[this.#turns++ % 2] as Api, this.#path, cursor)
      this.seen.push(...page.ids.reverse())
      more = page.more
    }
  }
}

const clientCount = size({ quick: 3, all: 12 })

/** Runs the work of clients concurrently on both servers, and repeats `watch` until it is done. */
async function underLoad(
  apis: [Api, Api],
  work: (api: Api, round: number) => Promise<void>,
  { rounds, watch }: { rounds: number; watch: (() => Promise<void>)[] },
): Promise<void> {
  let isDone = false
  const clients = Promise.all(
    Array.from({ length: clientCount }, async (_, n) => {
      for (let round = 0; round < rounds; round++) await work(apis[n % 2] as Api, round)
    }),
  ).finally(() => {
    isDone = true
  })
  const watchers = watch.map(async (look) => {
    while (!isDone) await look()
    await look()
  })
  await Promise.all([clients, ...watchers])
}

/**
 * Follows lists in both directions during `work`, and then compares the objects seen with those
 * that exist. `work` must have created an object of each list before.
 */
async function expectNothingMissed(
  apis: [Api, Api],
  paths: readonly string[],
  load: { rounds: number; work: (api: Api, round: number) => Promise<void> },
): Promise<void> {
  const followers = new Map<string, Follower>()
  const walks = new Map<string, string[][]>()
  for (const path of paths) {
    const [first] = await readAll(apis, path)
    if (first === undefined) throw new Error(`${path} is empty`)
    followers.set(path, new Follower(apis, path, first))
    walks.set(path, [])
  }
  await underLoad(apis, load.work, {
    rounds: load.rounds,
    watch: [
      async () => {
        for (const follower of followers.values()) await follower.catchUp()
      },
      async () => {
        for (const [path, walked] of walks) walked.push(await readAll(apis, path))
      },
    ],
  })
  for (const path of paths) {
    const follower = followers.get(path) as Follower
    await follower.catchUp()
    const seen = [...follower.seen].reverse()
    const all = await readAll(apis, path)
    const [newest, oldest] = [all.indexOf(seen[0] ?? ''), all.indexOf(seen.at(-1) ?? '')]
    expect(seen, `${path}, by ending_before`).toEqual(all.slice(newest, oldest + 1))
    for (const walk of walks.get(path) ?? []) {
      const top = all.indexOf(walk[0] as string)
      expect(walk, `${path}, by starting_after`).toEqual(all.slice(top))
    }
  }
}

describe('nothing appears behind a cursor, although the clocks of two servers differ by 60 seconds,', () => {
  test('in the list of payments, unfiltered and filtered', async () => {
    const { apis } = await newMerchant()
    await createPayment(apis[0])
    await createPayment(apis[1])
    const create = async (api: Api) => {
      const { id } = await createPayment(api)
      await expectSeen(apis, '/v1/payments', id)
    }
    const paths = ['/v1/payments', '/v1/payments?customer_email=customer%40example.com']
    await expectNothingMissed(apis, paths, { rounds: size({ quick: 3, all: 25 }), work: create })
  })

  test('in the list of payments created with keys, initiated at once or canceled before', async () => {
    const { apis } = await newMerchant()
    await createPayment(apis[0])
    let keys = 0
    const create = async (api: Api, round: number) => {
      const idempotencyKey = `key ${++keys}`
      const more = { initiate: round % 3 === 1, payment_method_token: 'tok_visa' }
      if (round % 3 === 2) {
        const body = { idempotency_key: idempotencyKey }
        expect((await api('POST', '/v1/payments/cancel', { body })).status).toBe(202)
      }
      const body = paymentBody(more)
      const made = await api('POST', '/v1/payments', { body, idempotencyKey })
      expect(made.status).toBe(201)
      expect(made.body.url).toContain(made.body.id)
      const again = await api('POST', '/v1/payments', { body, idempotencyKey })
      expect(again.text).toBe(made.text)
      const shown = await api('GET', `/v1/payments/${made.body.id}`)
      expect(shown.body.url).toBe(made.body.url)
    }
    await expectNothingMissed(apis, ['/v1/payments', '/v1/events'], {
      rounds: size({ quick: 3, all: 9 }),
      work: create,
    })
  })

  test('in the lists of keys, endpoints, bulk cancellations and the audit log', async () => {
    const { apis } = await newMerchant()
    const keys = '/v1/auth/api-keys'
    const endpoints = '/v1/webhooks/endpoints'
    const cancellations = '/v1/cancellations'
    const create = async (api: Api, round: number) => {
      const key = await api('POST', keys, { body: {} })
      await expectSeen(apis, keys, key.body.id)
      const body = { url: receiver.url, events: ['payment.failed'] }
      // The limit is 16 endpoints per merchant.
      if (round === 0) {
        const endpoint = await api('POST', endpoints, { body })
        await expectSeen(apis, endpoints, endpoint.body.id)
      }
      const bulk = await api('POST', cancellations, { body: { payment_ids: ['pay_none'] } })
      await expectSeen(apis, cancellations, bulk.body.id)
    }
    await create(apis[0], 0)
    await expectNothingMissed(apis, [keys, endpoints, cancellations, '/v1/audit_log'], {
      rounds: size({ quick: 2, all: 6 }),
      work: create,
    })
  })

  test('in the list of webhook deliveries', async () => {
    const { apis } = await newMerchant()
    const path = '/v1/webhooks/deliveries'
    const events = ['payment.created', 'payment.canceled']
    for (const api of apis) {
      await api('POST', '/v1/webhooks/endpoints', { body: { url: receiver.url, events } })
    }
    await createPayment(apis[0])
    await expect.poll(async () => (await readAll(apis, path)).length).toBe(2)
    await expectNothingMissed(apis, [path], {
      rounds: size({ quick: 2, all: 10 }),
      work: async (api) => {
        const { id } = await createPayment(api)
        await api('POST', `/v1/payments/${id}/cancel`)
      },
    })
  })
})
