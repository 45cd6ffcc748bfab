import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { TestDatabase } from '../../support/databases/postgres.ts'
import { type Api, apiClient } from '../../support/http/api.ts'
import { type Receiver, startReceiver } from '../../support/http/receiver.ts'
import {
  createMigratedDatabase,
  startServer,
  type TestServer,
} from '../../support/servers/server.ts'
import { createLiveMerchant } from '../../support/servers/servers.ts'
import { until } from '../../support/until.ts'

/** Tests which merchants may send webhooks into the server's own network. */
let database: TestDatabase
let server: TestServer | undefined
let api: Api
let receiver: Receiver

const base = '/v1/webhooks/endpoints'

beforeEach(async () => {
  database = await createMigratedDatabase()
  receiver = await startReceiver()
})

afterEach(async () => {
  await server?.stop()
  server = undefined
  await receiver.close()
  await database.drop()
})

async function start(setting?: string): Promise<TestServer> {
  const env = setting === undefined ? {} : { HEDGE_WEBHOOK_PRIVATE_NETWORKS: setting }
  server = await startServer({ databaseUrl: database.url, env })
  api = apiClient(server.url, server.secretKey)
  return server
}

const register = (url: string) => api('POST', base, { body: { url } })

async function attemptOf(endpointId: string) {
  const { body: event } = await api('POST', '/v1/webhooks/test', {
    body: { endpoint_id: endpointId },
  })
  const { id } = await until('it was attempted', async () => {
    const { body } = await api('GET', `/v1/webhooks/deliveries?event_id=${event.id}`)
    return body.data.find((one: { attempt: number }) => one.attempt >= 1)
  })
  return (await api('GET', `/v1/webhooks/deliveries/${id}`)).body.attempts[0]
}

describe('a receiver on the machine of the server', () => {
  test('gets its events in a sandbox, and its answers are not shown', async () => {
    await start()
    receiver.answer(() => ({ status: 200, body: 'a page of the internal network' }))
    const { body } = await register(receiver.url)
    expect(await attemptOf(body.id)).toMatchObject({ response_code: 200, response_body: null })
    const named = await register(receiver.url.replace('127.0.0.1', 'localhost'))
    expect(await attemptOf(named.body.id)).toMatchObject({ response_code: 200 })
  })

  test('gets none once the deployment has a live key', async () => {
    const { url } = await start()
    const { body } = await register(receiver.url)
    const named = await register(receiver.url.replace('127.0.0.1', 'localhost'))
    expect(await attemptOf(body.id)).toMatchObject({ response_code: 200 })
    const before = receiver.received.length
    await createLiveMerchant({ servers: [{ ...(server as TestServer), url }], api, database })
    for (const { id } of [body, named.body]) {
      expect(await attemptOf(id)).toMatchObject({
        response_code: null,
        error: 'Not sent: the address is not a public one.',
      })
    }
    expect(receiver.received).toHaveLength(before)
    for (const host of ['127.0.0.1', 'localhost', '[::1]', '10.0.0.1', '[fd12::1]']) {
      const refused = await register(`http://${host}:1234/hook`)
      expect([refused.status, refused.body.error.details.field], host).toEqual([400, 'url'])
    }
    const moved = await api('PATCH', `${base}/${body.id}`, { body: { url: 'http://10.0.0.1/' } })
    expect(moved.status).toBe(400)
  })

  test('gets them beside a live key if the operator allows it', async () => {
    await start('allow')
    await createLiveMerchant({ servers: [server as TestServer], api, database })
    const { body } = await register(receiver.url)
    expect(await attemptOf(body.id)).toMatchObject({ response_code: 200, response_body: null })
  })

  test('gets none if the operator denies it', async () => {
    await start('deny')
    expect((await register(receiver.url)).status).toBe(400)
    expect((await register('https://example.com/hook')).status).toBe(201)
  })
})

test.each([undefined, 'allow'])(
  'cloud metadata is never reached (setting: %s)',
  async (setting) => {
    await start(setting)
    for (const host of ['169.254.169.254', '[fd00:ec2::254]', '[fd20:ce::254]', '168.63.129.16']) {
      const refused = await register(`http://${host}/latest/meta-data/`)
      expect([refused.status, refused.body.error.details.field], host).toEqual([400, 'url'])
    }
  },
)

test('a server whose setting is neither allow nor deny does not start', async () => {
  await expect(start('yes')).rejects.toThrow(
    'HEDGE_WEBHOOK_PRIVATE_NETWORKS: expected allow or deny',
  )
})
