import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createPayment } from '../../support/http/api.ts'
import { size } from '../../support/size.ts'
import { until } from '../../support/until.ts'
import { type Receiver, startReceiver } from '../receiver.ts'
import { withCommandLine } from '../with-server.ts'

const { fixture, run, json } = withCommandLine()
let receiver: Receiver

beforeAll(async () => {
  receiver = await startReceiver()
})

afterAll(() => receiver?.close())

async function createEndpoint(): Promise<{ id: string }> {
  const body = { url: receiver.url, events: ['*'] }
  return (await fixture.api('POST', '/v1/webhooks/endpoints', { body })).body
}

describe('hedge webhooks', () => {
  test('creates, changes, disables and deletes an endpoint', async () => {
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

  test('shows deliveries and sends them again', async () => {
    const { id } = await createEndpoint()
    const payment = await createPayment(fixture.api)
    const came = () => receiver.received.filter(({ event }) => event.data.id === payment.id)
    await until('the event has arrived', () => came().length === 1)
    await until('the delivery is logged', async () => {
      const { body } = await fixture.api('GET', '/v1/webhooks/deliveries?status=succeeded')
      return body.data.length > 0
    })
    const logged = await json('webhooks', 'deliveries', '--status', 'succeeded')
    const [delivery] = logged.data
    const log = await run('webhooks', 'delivery', delivery.id)
    expect(log.stdout).toMatch(/1 +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d +\d+ ms +200/)
    expect((await run('webhooks', 'retry', delivery.id)).code).toBe(0)
    await until('the event has arrived again', () => came().length === 2)
    expect((await run('webhooks', 'replay', id, '--since', '1h')).code).toBe(0)
    await until('the event has arrived a third time', () => came().length === 3)
    expect((await run('webhooks', 'retry-failed', id)).stdout).toContain('0 failed deliveries')
    await fixture.api('DELETE', `/v1/webhooks/endpoints/${id}`)
  })

  test('prints JSON of one shape for each command', async () => {
    const { id } = await createEndpoint()
    const { id: paymentId } = await createPayment(fixture.api)
    const ofPayment = ['webhooks', 'deliveries', '--payment', paymentId]
    await until('the delivery is listed', async () => (await json(...ofPayment)).data.length > 0)
    const list = await json(...ofPayment)
    expect(list.object).toBe('list')
    const deliveryId = list.data[0].id
    const delivery = { object: 'webhook_delivery', id: deliveryId }
    expect(await json('webhooks', 'delivery', deliveryId)).toMatchObject(delivery)
    expect(await json('webhooks', 'retry', deliveryId)).toMatchObject(delivery)
    expect(await json('webhooks', 'retry-failed', id)).toMatchObject({ endpoint_id: id, count: 0 })
    await fixture.api('DELETE', `/v1/webhooks/endpoints/${id}`)
  })

  test('sends a test event to the endpoint', async () => {
    const { id } = await createEndpoint()
    const event = await json('webhooks', 'test', 'payment.failed', '--endpoint', id)
    await until('the event has arrived', () =>
      receiver.received.some((each) => each.event.id === event.id),
    )
    await fixture.api('DELETE', `/v1/webhooks/endpoints/${id}`)
  })
})

describe('hedge trigger', () => {
  test.each(
    size({
      quick: [
        'payment.canceled',
        'payment.action_required',
        'payment.failed',
        'payment.refund_failed',
      ],
      all: [
        ...['payment.created', 'payment.canceled', 'payment.action_required', 'payment.initiated'],
        ...['payment.succeeded', 'payment.failed', 'payment.refunded', 'payment.refund_failed'],
      ],
    }),
  )('makes %s happen by real requests', async (type) => {
    const event = await json('trigger', type)
    expect(event.type).toBe(type)
    const { body } = await fixture.api('GET', `/v1/payments/${event.data.id}/events`)
    expect(body.data.map((each: { type: string }) => each.type)).toContain(type)
  })

  test('sends a test event for a type that it cannot make happen', async () => {
    const event = await json('trigger', 'payment.settled')
    expect(event).toMatchObject({ type: 'payment.settled', reason: 'test_event' })
  })

  test('refuses an unknown type, and lists the known ones', async () => {
    const { code, stderr } = await run('trigger', 'payment.exploded')
    expect(code).toBe(2)
    expect(stderr).toContain('payment.succeeded')
  })
})

describe('hedge events', () => {
  test('lists, filters and shows events', async () => {
    const payment = await createPayment(fixture.api)
    const { data } = await json('events', 'list', '--payment', payment.id)
    expect(data).toMatchObject([{ type: 'payment.created', data: { id: payment.id } }])
    const shown = await run('events', 'get', data[0].id)
    expect(shown.stdout).toContain(payment.id)
    const none = await run('events', 'list', '--payment', payment.id, '--type', 'payment.failed')
    expect(none).toMatchObject({ code: 0, stdout: '' })
    expect(none.stderr).toContain('No events.')
  })
})
