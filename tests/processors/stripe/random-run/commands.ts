import type { Chance } from '../../../support/chance.ts'
import type { ApiOptions } from '../../../support/http/api.ts'
import { advance } from './time.ts'
import { draw, type Weighted } from './weighted.ts'
import { type Merchant, pickPayment, type RunPayment, send, type World } from './world.ts'

/** A command of a client. */
export type Command = (world: World, chance: Chance) => Promise<unknown>

/** The cards of the stand-in, and how often clients use them. More kinds are more lines. */
const cards: Weighted<null> = {
  pm_card_visa: [60, null],
  pm_card_wallet: [4, null],
  pm_card_threeDSecureRequired: [12, null],
  pm_card_refundPending: [8, null],
  pm_card_chargeDeclined: [3, null],
  pm_card_chargeDeclinedInsufficientFunds: [3, null],
  pm_card_unknown: [1, null],
}

/** The bank accounts of the stand-in, and how often clients use them. */
const bankAccounts: Weighted<null> = {
  pm_usBankAccount_success: [20, null],
  pm_usBankAccount_refundPending: [4, null],
  pm_usBankAccount_insufficientFunds: [4, null],
  pm_usBankAccount_accountClosed: [2, null],
  pm_usBankAccount_unverified: [2, null],
  pm_usBankAccount_blocked: [2, null],
}

/** Commands by API, and how often clients send them. More kinds are more lines. */
export const commands: Weighted<Command> = {
  create: [100, create],
  initiate: [
    60,
    ofPayment((payment, chance, method) => ({
      path: `${payment}/initiate`,
      body: { payment_method_token: pickToken(method, chance) },
    })),
  ],
  capture: [30, ofPayment((payment) => ({ path: `${payment}/capture` }))],
  'capture a part': [
    20,
    ofPayment((payment, chance) => ({
      path: `${payment}/capture`,
      body: { amount: 50 + chance.below(3_000) },
    })),
  ],
  cancel: [40, ofPayment((payment) => ({ path: `${payment}/cancel` }))],
  'cancel many': [4, cancelMany],
  refund: [20, ofPayment((payment) => ({ path: `${payment}/refund` }))],
  'refund a part': [
    50,
    ofPayment((payment, chance) => ({
      path: `${payment}/refund`,
      body: { amount: 1 + chance.below(chance.pick([300, 3_000])) },
    })),
  ],
  reverse: [30, ofPayment((payment) => ({ path: `${payment}/reverse` }))],
  crowd: [15, crowd],
  advance: [
    3,
    async (world, chance) => {
      const seconds = chance.pick([1, 5, 60, 600, 3_600, 7_200, 86_400, 3 * 86_400])
      await advance(world, { merchant: chance.pick(world.merchants), seconds, chance })
    },
  ],
}

type Drawn = { readonly path: string; readonly body?: object }

/** A command about a payment. Some have an idempotency key, and are repeated if there is no answer. */
function ofPayment(
  drawing: (path: string, chance: Chance, method: RunPayment['method']) => Drawn,
): Command {
  return async (world, chance) => {
    const payment = pickPayment(world, chance)
    if (!payment) return
    const { path, body } = drawing(`/v1/payments/${payment.id}`, chance, payment.method)
    const idempotencyKey = chance.once(3) ? `key ${payment.id} ${chance.below(1e9)}` : null
    const options: ApiOptions = {
      ...(body ? { body } : {}),
      ...(idempotencyKey ? { idempotencyKey } : {}),
    }
    const { merchant } = payment
    const answer = await send(world, { merchant, chance, payment }, ['POST', path, options])
    const isRepeated = idempotencyKey !== null && (answer === null || chance.once(10))
    if (isRepeated) await send(world, { merchant, chance, payment }, ['POST', path, options])
  }
}

/** Mostly a token that fits the payment. */
function pickToken(method: RunPayment['method'], chance: Chance): string {
  const isBank = (method === 'ach') !== chance.once(40)
  return draw(isBank ? bankAccounts : cards, chance).name
}

/** How often a create is repeated. Payments whose id stays unknown are found in the database at the end. */
const createTriesMax = 4

async function create(world: World, chance: Chance): Promise<void> {
  const merchant = chance.pick(world.merchants)
  const isInitiated = chance.once(2)
  const method: RunPayment['method'] = chance.once(4) ? 'ach' : 'card'
  const body = {
    amount: 50 + chance.below(chance.pick([100, 5_000, 20_000])),
    currency: method === 'ach' ? 'USD' : chance.pick(['USD', 'USD', 'EUR']),
    payment_method: method,
    customer_email: 'customer@example.com',
    cancel_window: chance.pick([0, 0, 0, 1, 2, 3, 3_600]),
    capture_method: chance.pick(['automatic', 'automatic', 'manual']),
    ...(chance.once(8) ? { expires_at: soon(merchant) } : {}),
    ...(isInitiated ? { initiate: true, payment_method_token: pickToken(method, chance) } : {}),
  }
  const idempotencyKey = `create ${chance.below(1e9)} ${chance.below(1e9)}`
  const options = { body, idempotencyKey }
  const request: [string, string, ApiOptions] = ['POST', '/v1/payments', options]
  let answer = await send(world, { merchant, chance }, request)
  // 502: Stripe has not answered yet, and the payment is there.
  for (let tries = 0; (!answer || answer.status === 502) && tries < createTriesMax; tries++) {
    answer = await send(world, { merchant, chance }, request)
  }
  if (!answer || answer.status >= 300) return
  const payment: RunPayment = { id: answer.body.id, merchant, amount: body.amount, method }
  world.journal.add(payment.id, `created with ${JSON.stringify(body)}`)
  world.payments.push(payment)
  world.paymentsById.set(payment.id, payment)
}

function soon({ aheadSeconds }: Merchant): string {
  return `${new Date(Date.now() + (aheadSeconds + 5) * 1000).toISOString().slice(0, 19)}Z`
}

async function cancelMany(world: World, chance: Chance): Promise<void> {
  const merchant = chance.pick(world.merchants)
  const own = world.payments.slice(-60).filter((payment) => payment.merchant === merchant)
  if (own.length === 0) return
  const ids = [1, 2, 3, 4].map(() => chance.pick(own))
  for (const { id } of ids) world.journal.add(id, 'client cancels many')
  const body = { payment_ids: [...new Set(ids.map(({ id }) => id))], reason: 'out_of_stock' }
  await send(world, { merchant, chance }, ['POST', '/v1/cancellations', { body }])
}

/** Several requests about one payment at the same time. */
async function crowd(world: World, chance: Chance): Promise<void> {
  const payment = pickPayment(world, chance)
  if (!payment) return
  const { merchant, id } = payment
  const actions = ['capture', 'cancel', 'reverse', 'refund', 'initiate']
  const drawn = [1, 2, 3].map(() => chance.pick(actions))
  await Promise.all(
    drawn.map((action) => {
      const body =
        action === 'initiate' ? { payment_method_token: pickToken(payment.method, chance) } : {}
      const path = `/v1/payments/${id}/${action}`
      return send(world, { merchant, chance, payment }, ['POST', path, { body }])
    }),
  )
}
