import { setTimeout as sleep } from 'node:timers/promises'
import type { HedgeEvent, HedgeEventType, HedgePayments, Payment } from '@hedgepayments/node'
import { CliError, exitCodes } from '../exit-codes.ts'

/** The calls that lead a new sandbox payment to an event. */
type Recipe = (hedge: HedgePayments) => Promise<Payment>

/** The sandbox decides within seconds. A server that takes longer has stopped working. */
const happensWithinMs = 30_000

const pollMs = 150

/** The cancel window: long enough to observe, short enough to wait for its end. */
const undoWindowSeconds = 60

/** The events that a real payment can cause. The others are sent as test events. */
export const recipes: Readonly<Partial<Record<HedgeEventType, Recipe>>> = {
  'payment.created': (hedge) => create(hedge, 0),
  'payment.canceled': async (hedge) => {
    const { id } = await create(hedge, 0)
    return await hedge.payments.cancel(id, { reason: 'customer_requested' })
  },
  'payment.action_required': (hedge) => initiate(hedge, { token: 'tok_threeDSecureRequired' }),
  'payment.initiated': (hedge) =>
    initiate(hedge, { token: 'tok_visa', windowSeconds: undoWindowSeconds }),
  'payment.processing': (hedge) => initiate(hedge, { token: 'tok_visa' }),
  'payment.succeeded': (hedge) => initiate(hedge, { token: 'tok_visa' }),
  'payment.failed': (hedge) => initiate(hedge, { token: 'tok_chargeDeclined' }),
  'payment.disputed': (hedge) => initiate(hedge, { token: 'tok_createDispute' }),
  'dispute.created': (hedge) => initiate(hedge, { token: 'tok_createDispute' }),
  'payment.refunded': (hedge) => refund(hedge, 'tok_visa'),
  'payment.refund_succeeded': (hedge) => refund(hedge, 'tok_visa'),
  'payment.refund_failed': (hedge) => refund(hedge, 'tok_refundDeclined'),
}

/** Runs a recipe and returns its event. @throws {CliError} if the event does not happen in time. */
export async function runRecipe(
  hedge: HedgePayments,
  type: HedgeEventType,
  recipe: Recipe,
): Promise<HedgeEvent> {
  const payment = await recipe(hedge)
  return await until(`${type} of ${payment.id}`, async () => {
    const { data } = await hedge.payments.events(payment.id, { limit: 100 })
    return data.find((event) => event.type === type)
  })
}

async function create(hedge: HedgePayments, windowSeconds: number): Promise<Payment> {
  return await hedge.payments.create({
    amount: 9999,
    currency: 'USD',
    customer_email: 'customer@example.com',
    description: 'Made by hedge trigger',
    cancel_window: windowSeconds,
  })
}

async function initiate(
  hedge: HedgePayments,
  { token, windowSeconds = 0 }: { token: string; windowSeconds?: number },
): Promise<Payment> {
  const { id } = await create(hedge, windowSeconds)
  return await hedge.payments.initiate(id, { payment_method_token: token })
}

async function refund(hedge: HedgePayments, token: string): Promise<Payment> {
  const { id } = await initiate(hedge, { token })
  await until(`payment.succeeded of ${id}`, async () => {
    const { status } = await hedge.payments.retrieve(id)
    return status === 'succeeded'
  })
  return await hedge.payments.refund(id)
}

async function until<T>(what: string, find: () => Promise<T | undefined | false>): Promise<T> {
  for (const deadline = Date.now() + happensWithinMs; Date.now() < deadline; ) {
    const found = await find()
    if (found !== undefined && found !== false) return found
    await sleep(pollMs)
  }
  const message = `${what} did not happen within ${happensWithinMs / 1_000} s. Run: hedge doctor`
  throw new CliError(exitCodes.error, 'did_not_happen', message)
}
