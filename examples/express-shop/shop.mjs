// A small shop on Express: it takes an order, lets the customer cancel it, and believes a webhook,
// not the browser, about what became of the payment.
//
//   node examples/express-shop/shop.mjs

import { HedgePayments, SignatureVerificationError } from '@hedgepayments/node'
import express from 'express'

const webhookSecret = process.env.HEDGE_WEBHOOK_SECRET
if (!webhookSecret) {
  console.error('Set HEDGE_WEBHOOK_SECRET to what `hedge listen --print-secret` prints.')
  process.exit(1)
}

// Reads HEDGE_API_SECRET and HEDGE_BASE_URL.
const hedge = new HedgePayments()

/** The shop's database: orders by the id of their payment. A real shop keeps them on disk. */
const orders = new Map()
/** Events that were dealt with: a webhook may come more than once. */
const seenEvents = new Set()

const shop = express()

// The signature covers the bytes as they came, so this route must not parse them. It stands
// before express.json(), which would.
shop.post('/webhooks', express.raw({ type: 'application/json' }), async (request, response) => {
  const signature = request.get('X-Hedge-Signature')
  const event = await hedge.webhooks.verify(request.body, signature, webhookSecret)
  if (!seenEvents.has(event.id)) {
    updateOrder(event)
    seenEvents.add(event.id)
  }
  response.sendStatus(204)
})

shop.use(express.json())

shop.post('/orders', async (request, response) => {
  // Without a body of JSON there is none.
  const { email, item } = request.body ?? {}
  if (typeof email !== 'string' || typeof item !== 'string') {
    response.status(400).json({ message: 'Send JSON with an email and an item.' })
    return
  }
  const payment = await hedge.payments.create({
    amount: 4900,
    currency: 'EUR',
    customer_email: email,
    description: item,
  })
  const order = { id: payment.id, item, state: 'waiting for payment', sequence: 0 }
  orders.set(payment.id, order)
  response.status(201).json({ ...order, pay_at: payment.url })
})

shop.get('/orders/:id', (request, response) => {
  const order = orders.get(request.params.id)
  if (order) response.json(order)
  else response.sendStatus(404)
})

shop.post('/orders/:id/cancel', async (request, response) => {
  try {
    // Safe to repeat: a payment that is canceled already is canceled.
    await hedge.payments.ensureCanceled(request.params.id, { reason: 'customer_requested' })
    response.status(202).json({ message: 'Your order is being canceled.' })
  } catch (error) {
    if (error.code !== 'payment_not_cancelable') throw error
    // The money moved: from here on it is a refund.
    response.status(409).json({ message: 'You have paid already. Ask for your money back.' })
  }
})

/** Retries may come out of order: `sequence` says which event is the newer one. */
function updateOrder({ type, sequence, data }) {
  const order = orders.get(data.id)
  if (!order || sequence <= order.sequence) return
  order.sequence = sequence
  if (type === 'payment.succeeded') order.state = 'paid'
  if (type === 'payment.failed') order.state = 'payment failed'
  if (type === 'payment.canceled') order.state = 'canceled'
  console.log(`${type}: the order of ${order.item} is ${order.state}`)
}

// Express 5 brings rejected promises here.
shop.use((error, _request, response, _next) => {
  if (error instanceof SignatureVerificationError) {
    console.warn(`A webhook was not believed: ${error.message}`)
    response.sendStatus(400)
    return
  }
  // A body that Express cannot read comes with the status to answer.
  if (error.expose) {
    response.status(error.status).json({ message: 'That is not JSON.' })
    return
  }
  console.error(error.message)
  response.status(502).json({ message: 'The payment service did not answer as expected.' })
})

const server = shop.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', (error) => {
  if (error) throw error
  console.log(`The shop is open at http://127.0.0.1:${server.address().port}`)
})
