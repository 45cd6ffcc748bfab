import { HedgePayments } from '@hedgepayments/node'
const hedge = new HedgePayments({
apiKey: process.env.HEDGE_API_KEY,
apiSecret: process.env.HEDGE_API_SECRET
})
try {
const payment = await hedge.payments.cancel('pay_abc123xyz', {
reason: 'customer_requested'
})
console.log('Payment canceled:', payment.id)
console.log('Status:', payment.status) // 'canceled'
} catch (err) {
if (err.code === 'payment_not_cancelable') {
console.error('Payment has already been processed')
// Use refund endpoint instead
}
}
