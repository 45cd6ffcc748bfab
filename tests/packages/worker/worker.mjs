// A shop on workerd: it pays and cancels, receives the webhook of the cancel, and verifies it.
import { HedgePayments } from '@hedgepayments/node'

/** State that the requests to this worker share. */
const shop = { secret: '', paymentId: '', webhook: undefined }

async function cancelPayment(hedge, url) {
  const endpoint = { url: new URL('/hooks', url).href, events: ['payment.canceled'] }
  shop.secret = (await hedge.webhooks.endpoints.create(endpoint)).secret
  const payment = await hedge.payments.create({
    amount: 9999,
    currency: 'USD',
    customer_email: 'customer@example.com',
    payment_method_token: 'tok_visa',
    cancel_window: 3600,
    initiate: true,
  })
  shop.paymentId = payment.id
  const canceled = await hedge.payments.cancel(payment.id)
  return new Response(`${payment.status} ${canceled.status}`)
}

async function verifyWebhook(hedge) {
  if (shop.webhook === undefined) return new Response('no webhook yet', { status: 404 })
  const { body, headers } = shop.webhook
  const event = await hedge.webhooks.verifyAsync(body, headers, shop.secret)
  const forged = hedge.webhooks.verifyAsync(`${body} `, headers, shop.secret)
  const refused = await forged.then(
    () => 'accepted',
    (error) => error.name,
  )
  return new Response(`${event.type} ${event.data.id === shop.paymentId} ${refused}`)
}

// biome-ignore lint/style/noDefaultExport: workerd takes the default export as the worker
export default {
  async fetch(request, { baseUrl, apiSecret }) {
    const hedge = new HedgePayments({ baseUrl, apiSecret })
    const { pathname } = new URL(request.url)
    if (pathname === '/cancel') return await cancelPayment(hedge, request.url)
    if (pathname === '/verified') return await verifyWebhook(hedge)
    shop.webhook = { body: await request.text(), headers: new Headers(request.headers) }
    return new Response(null, { status: 204 })
  },
}
