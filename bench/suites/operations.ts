import { api, cancelInBulk } from '../load/api.ts'
import { httpCancels } from '../load/cancel.ts'
import { startClient } from '../load/client.ts'
import { idOf, type NumberRange } from '../load/job.ts'
import { apiRequest, requests } from '../load/requests.ts'
import { compare, type Variant } from '../method/rounds.ts'
import type { Setup } from '../method/setup.ts'
import { median } from '../method/statistics.ts'
import { type Server, startRival, startServer } from '../server/server.ts'

/** Concurrent clients of each measurement. */
const connections = 64

/** More payments than a run can refund, each once. */
const refundableMax = 100_000

/** Measures the other operations, and cancels by two processes of the server. */
export async function operations(setup: Setup): Promise<void> {
  const server = await startServer(setup.store.url)
  try {
    await singleRequests(setup, server)
    // The last refunds still run in the background, and must not slow down the next measurement.
    await setup.store.catchUp()
    await pages(setup, server)
    await bulk(setup, server)
    await webhooks(setup, server)
    await twoProcesses(setup, server)
  } finally {
    await server.stop()
  }
}

async function singleRequests(setup: Setup, server: Server): Promise<void> {
  const { client, store } = setup
  const { idPrefix } = store
  const targets = [{ client, port: server.port }]
  const body = { amount: 9999, currency: 'USD', customer_email: 'bench@example.com' }
  const some = { from: 0, count: Math.min(store.size, 150_000) }
  await measure(setup, { from: 0, count: 100_000 }, (round) =>
    requests({
      ...{ name: 'create, with an Idempotency-Key', targets, connections, expected: 201 },
      request: apiRequest('POST', '/v1/payments', { idPrefix, body, key: `create-${round}-{n}` }),
    }),
  )
  await measure(setup, some, () =>
    requests({
      ...{ name: 'retrieve', targets, connections, expected: 200 },
      request: apiRequest('GET', '/v1/payments/{id}', { idPrefix }),
    }),
  )
  const { from, count } = store.succeeded
  const refundable = { from, count: Math.min(count, refundableMax) }
  await store.addCaptures(refundable)
  await measure(setup, refundable, (round, rounds) => {
    const variant = requests({
      ...{ name: 'refund', targets, connections, expected: 200 },
      request: apiRequest('POST', '/v1/payments/{id}/refund', {
        ...{ idPrefix, body: { amount: 1 }, key: 'refund-{n}' },
      }),
    })
    return { ...variant, run: (range, ms) => variant.run(sliceOf(range, round, rounds), ms) }
  })
}

/** Compares the first page with page 10,000, the last one of the seeded payments, at ten per page. */
async function pages(
  { client, store, pairs, durationMs, recordComparison }: Setup,
  server: Server,
) {
  const { idPrefix } = store
  const deep = idOf(idPrefix, Math.max(0, store.size - 100_000))
  const list = (name: string, path: string) =>
    requests({
      ...{ name, targets: [{ client, port: server.port }], connections, expected: 200 },
      request: apiRequest('GET', path, { idPrefix }),
    })
  recordComparison(
    await compare(store, {
      name: 'the first page of a list against the ten-thousandth',
      target: { atLeast: 0.9, atMost: 1.1 },
      a: list('first page', '/v1/payments?limit=10'),
      b: list('page 10,000', `/v1/payments?limit=10&starting_after=${deep}`),
      pairs,
      durationMs,
    }),
  )
}

async function bulk({ store, pairs, isQuick, recordFigure }: Setup, server: Server): Promise<void> {
  const count = isQuick ? 20_000 : 100_000
  const rates: number[] = []
  for (let i = 0; i < (isQuick ? 1 : pairs); i++) {
    const email = `bulk${i}@example.com`
    const range = await store.addPending(count, { email })
    const startedAt = performance.now()
    await cancelInBulk(server.port, { customer_email: email })
    rates.push((count / (performance.now() - startedAt)) * 1000)
    const { payments, events } = await store.countCanceled(range)
    if (payments !== count || events !== count)
      throw new Error('void: a bulk cancellation left payments out')
  }
  const name = `bulk cancel of ${count.toLocaleString('en')}`
  recordFigure({ name, value: median(rates), unit: 'payments/s', target: { atLeast: 30_000 } })
}

/** Measures deliveries: cancels payments in bulk, and waits until each webhook was received. */
async function webhooks({ store, isQuick, recordFigure }: Setup, server: Server): Promise<void> {
  const receiver = await startRival('node-http-process.ts')
  const read = async () =>
    Number(await (await fetch(`http://127.0.0.1:${receiver.port}/count`)).text())
  try {
    const url = `http://127.0.0.1:${receiver.port}/webhook`
    const endpoint = { url, events: ['payment.canceled'] }
    const { id } = await api<{ id: string }>(
      server.port,
      'POST',
      '/v1/webhooks/endpoints',
      endpoint,
    )
    const count = isQuick ? 2_000 : 20_000
    const email = 'webhooks@example.com'
    await store.addPending(count, { email })
    const startedAt = performance.now()
    await cancelInBulk(server.port, { customer_email: email })
    while ((await read()) < count) await new Promise((resolve) => setTimeout(resolve, 20))
    const value = (count / (performance.now() - startedAt)) * 1000
    recordFigure({
      name: 'webhooks, from cancel to receipt',
      value,
      unit: 'deliveries/s',
      target: null,
    })
    await api(server.port, 'DELETE', `/v1/webhooks/endpoints/${id}`)
  } finally {
    await receiver.stop()
  }
}

async function twoProcesses(
  { store, client, pairs, durationMs, recordComparison }: Setup,
  first: Server,
): Promise<void> {
  const second = await startServer(store.url)
  const secondClient = startClient()
  const { idPrefix } = store
  const one = httpCancels({ name: 'one process', client, port: first.port, connections, idPrefix })
  const request = apiRequest('POST', '/v1/payments/{id}/cancel', {
    idPrefix,
    body: { reason: 'customer_requested' },
    key: 'cancel-5f1c6b1e-9a57-4f2b-{n}',
  })
  const targets = [
    { client, port: first.port },
    { client: secondClient, port: second.port },
  ]
  const shared = { connections, request, expected: 200, cancels: true }
  try {
    recordComparison(
      await compare(store, {
        name: 'cancel by two processes against one, 64 connections in all',
        target: null,
        a: requests({ ...shared, name: 'two processes', targets }),
        b: one,
        pairs,
        durationMs,
      }),
    )
  } finally {
    await secondClient.stop()
    await second.stop()
  }
}

async function measure(
  { pairs, durationMs, recordFigure }: Setup,
  range: NumberRange,
  variantOf: (round: number, rounds: number) => Variant,
): Promise<void> {
  const rates: number[] = []
  let name = ''
  for (let round = 0; round < pairs; round++) {
    const variant = variantOf(round, pairs)
    name = variant.name
    rates.push((await variant.run(range, durationMs)).perSecond)
  }
  const unit = 'requests/s'
  recordFigure({
    name: `${name}, ${connections} connections`,
    value: median(rates),
    unit,
    target: null,
  })
}

function sliceOf({ from, count }: NumberRange, i: number, of: number): NumberRange {
  const each = Math.floor(count / of)
  return { from: from + i * each, count: each }
}
