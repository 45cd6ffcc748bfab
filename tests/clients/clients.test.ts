import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createPayment } from '../support/http/api.ts'
import { startReceiver } from '../support/http/receiver.ts'
import { withMerchant } from '../support/servers/merchant.ts'
import { size } from '../support/size.ts'
import { until } from '../support/until.ts'
import { type Client, generateClient } from './generated.ts'
import { type Generator, programs } from './programs.ts'

const fixture = withMerchant()
const document = join(import.meta.dirname, '../../packages/contract/openapi.json')
const generators = size<Generator>({
  quick: ['openapi-typescript'],
  all: ['openapi-typescript', 'hey-api', 'orval'],
})

/** A webhook as a receiver gets it. */
let webhook: string

beforeAll(async () => {
  const { api } = fixture
  const receiver = await startReceiver()
  try {
    const body = { url: receiver.url, events: ['payment.canceled'] }
    await api('POST', '/v1/webhooks/endpoints', { body })
    const { id } = await createPayment(api, { description: 'Coffee 😀' })
    await api('POST', `/v1/payments/${id}/cancel`)
    webhook = (await until('the webhook has arrived', () => receiver.received[0])).body
  } finally {
    await receiver.close()
  }
})

describe.each(generators)('a client that %s generates', (generator) => {
  let client: Client

  beforeAll(async () => {
    const program = programs[generator]
    const baseUrl = fixture.servers[0]?.url ?? ''
    client = await generateClient(generator, { document, baseUrl, program })
  })

  afterAll(() => client?.remove())

  test('compiles as strict, with a program that leaves out all defaults', async () => {
    expect(await client.check()).toBe('')
  })

  test('creates, retrieves, cancels and lists payments, and understands errors and webhooks', async () => {
    const [server] = fixture.servers
    const key = server?.secretKey ?? ''
    expect(await client.run({ url: server?.url ?? '', key, webhook })).toEqual({
      created: 'Coffee 😀',
      isRetrieved: true,
      canceled: 'canceled',
      isListed: true,
      refused: 'canceled',
      invalid: expect.stringMatching(/^(?:amount|canceled)$/),
      event: 'Coffee 😀',
    })
  })
})
