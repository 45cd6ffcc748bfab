// A small shop on Express. It takes an order and lets the customer cancel the order. Only a webhook,
// never the browser, changes the state of an order.
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
/** Ids of processed events: a webhook may arrive more than once. */
const seenEvents = new Set()

const shop = express()

// The signature covers the received bytes, so this route must not parse the body. It is registered
// before express.json(), which parses it.
shop.post('/webhooks', express.raw({ type: 'application/json' }), (request, response) => {
  const signature = request.get('X-Hedge-Signature')
  // Synchronous: returns the event, or throws if the signature is wrong.
  const event = hedge.webhooks.verify(request.body, signature, webhookSecret)
  if (!seenEvents.has(event.id)) {
    updateOrder(event)
    seenEvents.add(event.id)
  }
  response.sendStatus(204)
})

shop.use(express.json())

shop.post('/orders', async (request, response) => {
  // Express leaves the body undefined if it is not JSON.
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
    // Safe to repeat: succeeds also if the payment is canceled already.
    await hedge.payments.ensureCanceled(request.params.id, { reason: 'customer_requested' })
    response.status(202).json({ message: 'Your order is being canceled.' })
  } catch (error) {
    if (error.code !== 'payment_not_cancelable') throw error
    // The payment was processed: refund it instead.
    response.status(409).json({ message: 'You have paid already. Ask for your money back.' })
  }
})

/** Retries may arrive out of order: the event with the higher `sequence` is newer. */
function updateOrder({ type, sequence, data }) {
  const order = orders.get(data.id)
  if (!order || sequence <= order.sequence) return
  order.sequence = sequence
  if (type === 'payment.succeeded') order.state = 'paid'
  if (type === 'payment.failed') order.state = 'payment failed'
  if (type === 'payment.canceled') order.state = 'canceled'
  console.log(`${type}: the order of ${order.item} is ${order.state}`)
}

// Express 5 passes errors of handlers, also of asynchronous ones, to this handler.
shop.use((error, _request, response, _next) => {
  if (error instanceof SignatureVerificationError) {
    console.warn(`A webhook was refused: ${error.message}`)
    response.sendStatus(400)
    return
  }
  // Express could not read the body: its error has the status of the answer.
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
