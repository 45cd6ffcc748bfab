import { afterEach, beforeEach, expect, test } from 'vitest'
import { type ApiAnswer, apiClient, createPayment } from '../../../support/http/api.ts'
import { startServer, type TestServer } from '../../../support/servers/server.ts'
import { until } from '../../../support/until.ts'
import { type Pair, startPair } from '../pair.ts'
import { openProxy, type TcpProxy } from './proxy.ts'

let pair: Pair
let proxy: TcpProxy
let server: TestServer | undefined

beforeEach(async () => {
  pair = await startPair()
  proxy = await openProxy(pair.primary.url)
})

afterEach(async () => {
  await server?.kill()
  await proxy?.close()
  await pair?.remove()
})

/** Repeats a cancel with its key, as clients do, until it has an answer other than 503. */
async function cancel(api: ReturnType<typeof apiClient>, id: string): Promise<ApiAnswer> {
  return await until(`${id} is canceled`, async () => {
    const answer = await api('POST', `/v1/payments/${id}/cancel`, { idempotencyKey: id })
    return answer.status === 503 ? null : answer
  })
}

test('behind a proxy that cuts connections and switches to the standby, no cancel is lost', async () => {
  server = await startServer({ databaseUrl: proxy.url, env: { LOG_LEVEL: 'silent' } })
  const api = apiClient(server.url, server.secretKey)
  const made = await Promise.all(Array.from({ length: 12 }, () => createPayment(api)))
  const ids = made.map(({ id }) => id as string)
  for (const [n, id] of ids.slice(0, 6).entries()) {
    if (n % 2 === 0) proxy.cut()
    expect((await cancel(api, id)).body.status).toBe('canceled')
  }
  // As HAProxy does it: the dead server is taken out, the promoted one takes its place.
  await pair.primary.kill()
  await pair.standby.promote()
  proxy.switchTo(pair.standby.url)
  for (const id of ids.slice(6)) {
    expect((await cancel(api, id)).body.status).toBe('canceled')
  }
  for (const id of ids) {
    expect((await api('GET', `/v1/payments/${id}`)).body.status).toBe('canceled')
  }
  expect((await fetch(`${server.url}/readyz`)).status).toBe(200)
})
