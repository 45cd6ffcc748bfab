// A shop with packages from a registry: it pays, cancels, and verifies the webhook of the cancel.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { HedgePayments } from '@hedgepayments/node'

const hedge = new HedgePayments()
const receiver = createServer().listen(0, '127.0.0.1')
await once(receiver, 'listening')
const { secret } = await hedge.webhooks.endpoints.create({
  url: `http://127.0.0.1:${receiver.address().port}/hooks`,
  events: ['payment.canceled'],
})
const payment = await hedge.payments.create({
  amount: 9999,
  currency: 'USD',
  customer_email: 'customer@example.com',
  payment_method_token: 'tok_visa',
  cancel_window: 3600,
  initiate: true,
})
const received = once(receiver, 'request')
const canceled = await hedge.payments.cancel(payment.id)
const [request, response] = await received
const chunks = []
for await (const chunk of request) chunks.push(chunk)
response.end()
const event = hedge.webhooks.verify(
  Buffer.concat(chunks),
  request.headers['x-hedge-signature'],
  secret,
)
const outcome = [payment.status, canceled.status, event.type, event.data.id === payment.id]
process.stdout.write(`${outcome.join(' ')}\n`)
receiver.close()
receiver.closeAllConnections()
