import type { Chance } from '../../../support/chance.ts'
import { draw, type Weighted } from './weighted.ts'
import { isOld, pickPayment, type RunPayment, tellAbout, type World } from './world.ts'

/** What a person, a bank or a customer does at Stripe. Throws where it is impossible at the time. */
type HandAction = (world: World, payment: RunPayment, chance: Chance) => void

/** The actions by hand, and how often they happen. More kinds are more lines. */
const actions: Weighted<HandAction> = {
  capture: [10, ({ stripe }, { id }) => stripe.captureByHand(id)],
  'capture a part': [
    10,
    ({ stripe }, { id, amount }, chance) => stripe.captureByHand(id, 1 + chance.below(amount)),
  ],
  cancel: [8, ({ stripe }, { id }) => stripe.cancelByHand(id)],
  lapse: [6, ({ stripe }, { id }) => stripe.lapse(id)],
  refund: [6, ({ stripe }, { id }) => stripe.refundByHand(id)],
  'refund a part': [
    14,
    ({ stripe }, { id }, chance) =>
      stripe.refundByHand(id, 1 + chance.below(chance.pick([100, 2_000]))),
  ],
  'refund, pending': [
    5,
    ({ stripe }, { id }, chance) => stripe.refundByHand(id, 1 + chance.below(200), 'pending'),
  ],
  'refunds by hand fail': [4, ({ stripe }, { id }) => stripe.failRefunds(id, { byHand: true })],
  'our refunds fail': [6, ({ stripe }, { id }) => stripe.failRefunds(id, { byHand: false })],
  'pending refunds succeed': [10, ({ stripe }, { id }) => stripe.completeRefunds(id)],
  'dispute opened': [8, openDispute],
  'dispute changed': [16, changeDispute],
  'debit decided': [14, ({ stripe }, { id }) => stripe.decideDebit(id)],
  'debit returned': [6, returnDebit],
  '3-D Secure passed': [20, ({ stripe }, { id }) => stripe.finishAction(id, true)],
  '3-D Secure failed': [5, ({ stripe }, { id }) => stripe.finishAction(id, false)],
  'approved late': [4, approveLate],
}

/** What may happen so late that the look-ups after days have passed. Then only the message tells. */
const onlyToldLater = new Set(['refunds by hand fail', 'our refunds fail'])

/** Payments that are tried for an action: most actions are possible for few of them. */
const triesMax = 6

/** Draws an action by hand and carries it out, and tells the merchant. */
export function actByHand(world: World, chance: Chance): void {
  const { name, what: act } = draw(actions, chance)
  for (let tries = 1; tries <= triesMax; tries++) {
    const payment = pickPayment(world, chance)
    if (!payment || !world.stripe.intentOf(payment.id)) continue
    if (isDone(() => act(world, payment, chance))) {
      world.counts.add('by hand', name)
      world.journal.add(payment.id, `by hand: ${name}`)
      const isSure = isOld(world, payment) && onlyToldLater.has(name)
      tellAbout(world, payment, chance, { isSure })
      return
    }
  }
  // A person would not find the button.
  world.counts.add('by hand', 'impossible')
}

/** Acts. Returns whether that is possible at this time. */
function isDone(act: () => void): boolean {
  try {
    act()
    return true
  } catch {
    return false
  }
}

/** A confirmation of a card arrives late. A debit is confirmed once, with one key. */
function approveLate({ stripe }: World, { id, method }: RunPayment): void {
  if (method !== 'card') throw new Error('a debit is not confirmed again')
  stripe.authorizeLate(id)
}

/** A bank returns a debit after its success, which Stripe reports as a lost dispute. */
function returnDebit(world: World, payment: RunPayment, chance: Chance): void {
  if (payment.method !== 'ach') throw new Error('only a debit can be returned')
  const reason = chance.pick(['insufficient_funds', 'debit_not_authorized', 'bank_cannot_process'])
  const id = world.stripe.returnDebit(payment.id, reason)
  tellAboutDispute(world, payment, id)
}

/** A customer disputes a card payment. A debit is returned instead, and nobody can contest that. */
function openDispute(world: World, payment: RunPayment, chance: Chance): void {
  if (payment.method !== 'card') throw new Error('a debit is returned at once')
  const { stripe } = world
  const status = chance.pick(['needs_response', 'needs_response', 'warning_needs_response'])
  const kept = stripe.keptOf(payment.id)
  const amount = chance.once(3) && kept > 0 ? { amount: 1 + chance.below(kept) } : {}
  const id = stripe.dispute(payment.id, { ...amount, status })
  world.disputes.push({ id, payment, status })
  tellAboutDispute(world, payment, id)
}

/** The dispute stays lost, and Stripe returns a part of it. */
const partReturned = 'lost, a part returned'

/** The statuses that can follow, by status. */
const following: Readonly<Record<string, readonly string[]>> = {
  warning_needs_response: ['warning_closed', 'needs_response'],
  needs_response: ['under_review', 'lost', 'won'],
  under_review: ['won', 'lost'],
  lost: ['won', partReturned],
}

/** Changes a dispute of this or another payment. */
function changeDispute(world: World, _payment: RunPayment, chance: Chance): void {
  if (world.disputes.length === 0) throw new Error('there is no dispute')
  const dispute = chance.pick(world.disputes.slice(-20))
  decide(world, dispute, chance.pick(following[dispute.status] ?? []))
}

/** Changes the status of a dispute, and tells the merchant. */
export function decide(
  world: World,
  dispute: World['disputes'][number],
  status: string | undefined,
): void {
  if (status === undefined) throw new Error('the dispute is decided')
  if (status === partReturned) world.stripe.reinstate(dispute.id, 25)
  else world.stripe.changeDispute(dispute.id, status)
  dispute.status = status
  world.journal.add(dispute.payment.id, `by hand: the dispute ${dispute.id} is ${status}`)
  tellAboutDispute(world, dispute.payment, dispute.id)
}

function tellAboutDispute(world: World, payment: RunPayment, id: string): void {
  const intent = world.stripe.intentOf(payment.id)
  const object = { id, object: 'dispute', metadata: {}, payment_intent: intent }
  world.courier.tell(payment.merchant, object, { isSure: isOld(world, payment) })
}
