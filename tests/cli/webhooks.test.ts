import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { TestDatabase } from '../support/databases/postgres.ts'
import { type Api, apiClient, createPayment } from '../support/http/api.ts'
import { createMigratedDatabase, startServer, type TestServer } from '../support/servers/server.ts'
import { until } from '../support/until.ts'
import { environmentOf, hedge } from './hedge.ts'
import { type Receiver, startReceiver } from './receiver.ts'

// Each test starts several processes, and a busy machine takes seconds for one.
vi.setConfig({ testTimeout: 120_000 })

let database: TestDatabase
let server: TestServer
let api: Api
let receiver: Receiver
const run = (...args: string[]) => hedge(args, environmentOf(server))
const json = async (...args: string[]) => {
  const { code, stdout, stderr } = await run(...args, '--json')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout)
}

beforeAll(async () => {
  database = await createMigratedDatabase()
  server = await startServer({ databaseUrl: database.url })
  api = apiClient(server.url, server.secretKey)
  receiver = await startReceiver()
})

afterAll(async () => {
  await receiver?.close()
  await server?.stop()
  await database?.drop()
})

describe('hedge webhooks', () => {
  test('an endpoint is made, changed, disabled, and deleted', async () => {
    const made = await run('webhooks', 'create', receiver.url, '--events', 'payment.canceled')
    expect(made.code).toBe(0)
    expect(made.stdout).toMatch(/whsec_\S{20}/)
    const id = /whe_\w+/.exec(made.stdout)?.[0] ?? ''
    expect((await run('webhooks', 'list')).stdout).toMatch(
      new RegExp(`${id} +enabled +${receiver.url} +payment.canceled`),
    )
    const rotated = await run('webhooks', 'rotate-secret', id)
    expect(rotated.stdout).toMatch(/whsec_\S{20}/)
    expect((await run('webhooks', 'update', id)).code).toBe(2)
    expect((await json('webhooks', 'update', id, '--disable')).enabled).toBe(false)
    expect((await run('webhooks', 'get', id)).stdout).toContain('disabled (requested)')
    expect((await run('webhooks', 'delete', id)).stdout).toBe(`Deleted ${id}.\n`)
    expect((await run('webhooks', 'get', id)).code).toBe(4)
  })

  test('what was delivered can be seen and sent again', async () => {
    const { id } = await json('webhooks', 'create', receiver.url)
    const payment = await createPayment(api)
    const came = () => receiver.received.filter(({ event }) => event.data.id === payment.id)
    await until('it came', () => came().length === 1)
    const delivery = await until('it is logged', async () => {
      const { data } = await json('webhooks', 'deliveries', '--status', 'succeeded')
      return data[0]
    })
    const log = await run('webhooks', 'deliveries', delivery.id)
    expect(log.stdout).toMatch(/1 +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d +\d+ ms +200/)
    expect((await run('webhooks', 'retry', delivery.id)).code).toBe(0)
    await until('it came again', () => came().length === 2)
    expect((await run('webhooks', 'replay', id, '--since', '1h')).code).toBe(0)
    await until('it came once more', () => came().length === 3)
    expect((await run('webhooks', 'retry', id)).stdout).toContain('0 failed deliveries')
    await json('webhooks', 'delete', id)
  })

  test('a test event reaches the endpoint', async () => {
    const { id } = await json('webhooks', 'create', receiver.url)
    const event = await json('webhooks', 'test', 'payment.failed', '--endpoint', id)
    await until('it came', () => receiver.received.some((each) => each.event.id === event.id))
    await json('webhooks', 'delete', id)
  })
})

describe('hedge trigger', () => {
  test.each([
    'payment.created',
    'payment.canceled',
    'payment.action_required',
    'payment.initiated',
    'payment.succeeded',
    'payment.failed',
    'payment.refunded',
    'payment.refund_failed',
  ])('%s happens for real', async (type) => {
    const event = await json('trigger', type)
    expect(event.type).toBe(type)
    const { body } = await api('GET', `/v1/payments/${event.data.id}/events`)
    expect(body.data.map((each: { type: string }) => each.type)).toContain(type)
  })

  test('what cannot be made to happen is sent as a test event', async () => {
    const event = await json('trigger', 'payment.settled')
    expect(event).toMatchObject({ type: 'payment.settled', reason: 'test_event' })
  })

  test('an event that there is none of is a mistake that names those there are', async () => {
    const { code, stderr } = await run('trigger', 'payment.exploded')
    expect(code).toBe(2)
    expect(stderr).toContain('payment.succeeded')
  })
})

describe('hedge events', () => {
  test('lists, filters and shows events', async () => {
    const payment = await createPayment(api)
    const { data } = await json('events', 'list', '--payment', payment.id)
    expect(data).toMatchObject([{ type: 'payment.created', data: { id: payment.id } }])
    const shown = await run('events', 'get', data[0].id)
    expect(shown.stdout).toContain(payment.id)
    const none = await run('events', 'list', '--payment', payment.id, '--type', 'payment.failed')
    expect(none).toMatchObject({ code: 0, stdout: '' })
    expect(none.stderr).toContain('No events.')
  })
})
