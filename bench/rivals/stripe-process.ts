import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

// A stand-in of Stripe for measurements: it captures PaymentIntents named `pi_` and the payment's id. A
// write takes 700 ms. Above 100 writes in a second it answers 429, as Stripe does in live mode.
// Source: https://docs.stripe.com/rate-limits.

const writeMs = 700
const writesPerSecond = 100
const readMs = 100

const captured = new Set<string>()
/** When the writes of the last second began. */
const writes: number[] = []

const server = createServer((request, response) => {
  request.resume()
  const [path = ''] = (request.url ?? '').split('?')
  const [, id, action] = /^\/v1\/payment_intents\/(pi_\w+)(?:\/(\w+))?$/.exec(path) ?? []
  if (id === undefined)
    return answer(response, readMs, { object: 'list', has_more: false, data: [] })
  if (request.method === 'GET') return answer(response, readMs, intentOf(id))
  const nowMs = performance.now()
  while (writes[0] !== undefined && writes[0] <= nowMs - 1_000) writes.shift()
  if (writes.length >= writesPerSecond) {
    const error = {
      type: 'invalid_request_error',
      code: 'rate_limit',
      message: 'Too many requests.',
    }
    return answer(response, 20, { error }, 429)
  }
  writes.push(nowMs)
  if (action === 'capture') captured.add(id)
  answer(response, writeMs, intentOf(id))
})

function intentOf(id: string): object {
  const isCaptured = captured.has(id)
  return {
    id,
    object: 'payment_intent',
    amount: 9999,
    amount_received: isCaptured ? 9999 : 0,
    currency: 'usd',
    status: isCaptured ? 'succeeded' : 'requires_capture',
    metadata: { hedge_payment_id: id.replace('pi_', '') },
  }
}

function answer(response: ServerResponse, afterMs: number, body: object, status = 200): void {
  setTimeout(() => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }, afterMs)
}

server.listen(0, '127.0.0.1', () => {
  console.log(`ready at http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
process.on('SIGTERM', () => process.exit(0))
