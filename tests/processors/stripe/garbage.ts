import type { Garble } from './stand-in/stand-in.ts'

/** A text in all garbage. It must not appear in errors and answers. */
export const leaked = 'sk_live_of_somebody_else'

type Body = Readonly<Record<string, unknown>>

/** Answers that Stripe never gives, to any request. */
export const unreadable: readonly [string, Garble][] = [
  ['a page of HTML', () => `<html><title>${leaked}</title></html>`],
  ['half of the JSON', (honest) => text(honest).slice(0, -20)],
  ['nothing', () => ''],
  ['an array', (honest) => `[${text(honest)}]`],
  ['null', () => 'null'],
  ['a number', () => '42'],
  ['a text', () => JSON.stringify(leaked)],
  ['no fields', () => text({})],
  ['fields of another object', () => text({ object: 'balance', livemode: false })],
  ['fields without the kind of object', (honest) => without(honest, 'object')],
  ['half an answer, then a lost connection', (honest) => ({ cut: text(honest) })],
]

/** Well-formed answers that contradict the request about a PaymentIntent. */
export const untrueOfIntent: readonly [string, Garble][] = [
  ['no status', (honest) => without(honest, 'status')],
  ['no amount', (honest) => without(honest, 'amount')],
  ['an amount as text', (honest) => text({ ...honest, amount: String(honest.amount) })],
  ['another amount', (honest) => text({ ...honest, amount: 1 })],
  [
    'more money received than the amount',
    (honest) => text({ ...honest, amount_received: 1_000_000 }),
  ],
  [
    'success with no money received',
    (honest) => text({ ...honest, status: 'succeeded', amount_received: 0 }),
  ],
  ['another currency', (honest) => text({ ...honest, currency: 'jpy' })],
  ['another id', (honest) => text({ ...honest, id: 'pi_other' })],
  ['another payment', (honest) => text({ ...honest, metadata: { hedge_payment_id: 'pay_other' } })],
]

/** Well-formed answers that contradict the request about a refund. */
export const untrueOfRefund: readonly [string, Garble][] = [
  ['no amount', (honest) => without(honest, 'amount')],
  ['an amount as text', (honest) => text({ ...honest, amount: String(honest.amount) })],
  ['another amount', (honest) => text({ ...honest, amount: 1 })],
  ['another currency', (honest) => text({ ...honest, currency: 'jpy' })],
  ['another payment', (honest) => text({ ...honest, payment_intent: 'pi_other' })],
  ['another refund', (honest) => text({ ...honest, metadata: { hedge_refund_id: 'ref_other' } })],
]

/** Well-formed lists of refunds that contradict the request. */
export const untrueOfRefunds: readonly [string, Garble][] = [
  ['no list', (honest) => without(honest, 'data')],
  ['no word on whether there is more', (honest) => without(honest, 'has_more')],
  ['an empty page that is not the last', (honest) => text({ ...honest, has_more: true, data: [] })],
  ['an amount as text', (honest) => inData(honest, (refund) => ({ amount: `${refund.amount}` }))],
  ['another payment', (honest) => inData(honest, () => ({ payment_intent: 'pi_other' }))],
  ['another currency', (honest) => inData(honest, () => ({ currency: 'jpy' }))],
]

/** Well-formed lists of disputes that contradict the request. */
export const untrueOfDisputes: readonly [string, Garble][] = [
  ['no list', (honest) => without(honest, 'data')],
  ['more than a hundred', (honest) => text({ ...honest, has_more: true })],
]

/** Lists with a dispute that cannot be booked. They must not hide the refunds of the payment. */
export const unbookableDisputes: readonly [string, Garble][] = [
  ['an amount as text', (honest) => inData(honest, ({ amount }) => ({ amount: `${amount}` }))],
  ['another payment', (honest) => inData(honest, () => ({ payment_intent: 'pi_other' }))],
  ['no currency', (honest) => inData(honest, () => ({ currency: 'dollars' }))],
  ['no status', (honest) => inData(honest, () => ({ status: null }))],
]

/** Well-formed search results that contradict the request. */
export const untrueOfSearch: readonly [string, Garble][] = [
  ['no list', (honest) => without(honest, 'data')],
  ['another payment', (honest) => inData(honest, () => ({ metadata: {} }))],
  ['another amount', (honest) => inData(honest, () => ({ amount: 1 }))],
]

function text(body: Body): string {
  return JSON.stringify({ ...body, leaked })
}

function without(honest: Body, field: string): string {
  return text(Object.fromEntries(Object.entries(honest).filter(([name]) => name !== field)))
}

function inData(honest: Body, change: (one: Body) => Body): string {
  const data = honest.data as readonly Body[]
  return text({ ...honest, data: data.map((one) => ({ ...one, ...change(one) })) })
}
