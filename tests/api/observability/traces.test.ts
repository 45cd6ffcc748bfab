import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TestDatabase } from '../../support/databases/postgres.ts'
import { type Api, apiClient, createPayment } from '../../support/http/api.ts'
import {
  createMigratedDatabase,
  startServer,
  type TestServer,
} from '../../support/servers/server.ts'
import { until } from '../../support/until.ts'

interface Span {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly attributes: { key: string; value: Record<string, unknown> }[]
}

/** The JSON of OTLP. */
interface Exported {
  readonly resourceSpans: { scopeSpans: { spans: Span[] }[] }[]
}

const spans: Span[] = []
/** The bodies that the collector has received, to search them for values. */
const bodies: string[] = []
const delivered: { traceparent: string | undefined; type: string }[] = []

const collector = listener((path, body) => {
  if (path !== '/v1/traces') return
  bodies.push(body)
  const { resourceSpans } = JSON.parse(body) as Exported
  for (const { scopeSpans } of resourceSpans) {
    for (const scope of scopeSpans) spans.push(...scope.spans)
  }
})
const receiver = listener((_, body, headers) => {
  const { type } = JSON.parse(body) as { type: string }
  delivered.push({ type, traceparent: headers.traceparent as string | undefined })
})

let database: TestDatabase
let server: TestServer
let api: Api

beforeAll(async () => {
  database = await createMigratedDatabase()
  await Promise.all(
    [collector, receiver].map((each) => once(each.listen(0, '127.0.0.1'), 'listening')),
  )
  server = await startServer({
    databaseUrl: database.url,
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: urlOf(collector),
    },
  })
  api = apiClient(server.url, server.secretKey)
})

afterAll(async () => {
  await server.stop()
  collector.close()
  receiver.close()
  await database.drop()
})

test('one cancel is one trace: from the client, through HTTP and SQL, to the webhook', async () => {
  const endpoint = { url: urlOf(receiver), events: ['payment.canceled'] }
  expect((await api('POST', '/v1/webhooks/endpoints', { body: endpoint })).status).toBe(201)
  const { id } = await createPayment(api)
  const traceId = '0af7651916cd43dd8448eb211c80319c'
  const callerId = 'b7ad6b7169203331'
  const headers = { traceparent: `00-${traceId}-${callerId}-01` }
  const answer = await api('POST', `/v1/payments/${id}/cancel`, { headers, body: { reason: 'x' } })
  expect(answer.status).toBe(200)

  const named = (name: string) =>
    spans.find((span) => span.traceId === traceId && span.name === name)
  const webhook = await until('the webhook was traced', () => named('webhook'))
  const request = await until('the request was traced', () => named('POST /v1/payments/:id/cancel'))
  const statement = await until('its statement was traced', () => named('sql cancel payments'))

  expect(request.parentSpanId).toBe(callerId)
  expect(statement.parentSpanId).toBe(request.spanId)
  expect(webhook.parentSpanId).toBe(request.spanId)
  expect(attributeOf(request, 'hedge.payment_id')).toBe(id)
  expect(attributeOf(request, 'hedge.operation')).toBe('cancelPayment')
  expect(attributeOf(request, 'hedge.request_id')).toBe(answer.headers.get('x-request-id'))
  expect(delivered).toEqual([
    { type: 'payment.canceled', traceparent: `00-${traceId}-${webhook.spanId}-01` },
  ])
})

test('a body that arrives later belongs to the trace of its request', async () => {
  const { id } = await createPayment(api)
  const traceId = '2cf7651916cd43dd8448eb211c80319e'
  const { hostname, port } = new URL(server.url)
  const socket = connect(Number(port), hostname)
  const head = [
    `POST /v1/payments/${id}/cancel HTTP/1.1`,
    'Host: h',
    `Authorization: Bearer ${server.secretKey}`,
    `Traceparent: 00-${traceId}-b7ad6b7169203331-01`,
    'Content-Type: application/json',
    'Content-Length: 14',
    'Expect: 100-continue',
  ]
  socket.write(`${head.join('\r\n')}\r\n\r\n`)
  const [goOn] = await once(socket, 'data')
  expect(String(goOn)).toContain('100 Continue')
  socket.write('{"reason":"x"}')
  const [answer] = await once(socket, 'data')
  socket.destroy()
  expect(String(answer)).toContain('200 OK')
  await until('its statement was traced', () =>
    spans.find((span) => span.traceId === traceId && span.name === 'sql cancel payments'),
  )
})

test('a SQL statement is a span of its request, without its values', async () => {
  const customer_email = 'planted-in-a-trace@example.com'
  const { id } = await createPayment(api, { customer_email, description: 'planted text' })
  await api('GET', `/v1/payments/${id}`)
  await api('GET', `/v1/payments/${id}/attempts`)
  const statementOf = async (path: string) => {
    const request = await until('the request was traced', () =>
      spans.find(
        (span) => span.name === `GET ${path}` && attributeOf(span, 'hedge.payment_id') === id,
      ),
    )
    return await until('its statement was traced', () =>
      spans.find(({ parentSpanId }) => parentSpanId === request.spanId),
    )
  }
  // Concurrent reads share a statement.
  expect((await statementOf('/v1/payments/:id')).name).toBe('sql read payments')
  const statement = await statementOf('/v1/payments/:id/attempts')
  expect(attributeOf(statement, 'db.query.text')).toContain('$1')
  for (const planted of [customer_email, 'planted text', server.secretKey]) {
    expect(bodies.filter((body) => body.includes(planted))).toEqual([])
  }
})

test('the trace of an initiated payment shows the call to the processor', async () => {
  const { id } = await createPayment(api)
  await api('POST', `/v1/payments/${id}/initiate`, { body: { payment_method_token: 'tok_visa' } })
  const call = await until('the call was traced', () =>
    spans.find(
      (span) => span.name === 'processor authorize' && attributeOf(span, 'hedge.payment_id') === id,
    ),
  )
  const request = await until('the request was traced', () =>
    spans.find(({ spanId }) => spanId === call.parentSpanId),
  )
  expect(request.name).toBe('POST /v1/payments/:id/initiate')
})

test('remaining spans are sent when the server stops', async () => {
  const traceId = '1bf7651916cd43dd8448eb211c80319d'
  const headers = { traceparent: `00-${traceId}-b7ad6b7169203331-01` }
  await api('GET', '/v1/payments', { headers })
  expect(await server.stop()).toBe(0)
  expect(spans.some((span) => span.traceId === traceId)).toBe(true)
})

function listener(
  take: (path: string, body: string, headers: NodeJS.Dict<string | string[]>) => void,
): Server {
  return createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    take(request.url ?? '', body, request.headers)
    response.setHeader('content-type', 'application/json').end('{}')
  })
}

function urlOf(listening: Server): string {
  return `http://127.0.0.1:${(listening.address() as AddressInfo).port}`
}

function attributeOf(span: Span, key: string): unknown {
  return span.attributes.find((attribute) => attribute.key === key)?.value.stringValue
}
