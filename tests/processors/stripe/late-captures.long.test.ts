import { afterEach, describe, expect, test } from 'vitest'
import { createPayment } from '../../support/http/api.ts'
import { eventTypes, untilStatus } from '../../support/payments/paid.ts'
import { advance, attempts } from '../../support/payments/sandbox.ts'
import { until } from '../../support/until.ts'
import { withMerchantAtStripe } from './stand-in/server-with-stripe.ts'

// Merchants also capture, cancel and refund manually in Stripe's dashboard. Hedge looks this up before it
// refunds, so the customer gets back exactly the amount that is owed.

const lateCapture = 'payment.late_capture_refunded'

const fixture = withMerchantAtStripe()

afterEach(() => fixture.stripe.garble(null))

/** Creates an authorized payment in its undo window. */
async function createInWindow(token = 'pm_card_visa'): Promise<string> {
  const { id } = await createPayment(fixture.api, { cancel_window: 3_600 })
  const body = { payment_method_token: token }
  const { status } = await fixture.api('POST', `/v1/payments/${id}/initiate`, { body })
  expect(status).toBe(200)
  return id
}

async function cancel(id: string) {
  expect((await fixture.api('POST', `/v1/payments/${id}/cancel`)).status).toBe(200)
}

/** The movements of a payment in Stripe's books, with the amounts of refunds. */
function moved(id: string): string[] {
  const intent = fixture.stripe.intentOf(id)
  return fixture.stripe.movements
    .filter((one) => one.intent === intent)
    .map(({ kind, amount }) => (kind === 'refund' ? `refund ${amount}` : kind))
}

/** The idempotency keys of the refunds of a payment, oldest first. */
function refundKeys(id: string): string[] {
  return fixture.stripe.keysTo(/POST .*refunds$/).filter((key) => key.startsWith(id))
}

async function untilSentBack(id: string) {
  await until('the money is sent back', async () =>
    (await eventTypes(fixture.api, id)).includes(lateCapture),
  )
}

/** Waits until the void of a payment was tried and its task is planned again. */
async function untilVoidWaits(id: string, attempt: string) {
  await until(`the void of ${id} waits after ${attempt}`, async () => {
    const waiting = await fixture.sql.query(
      `select from payment_tasks where payment_id = $1 and kind = 'void'
         and leased_until is null and due_at > now()`,
      [id],
    )
    return waiting.length > 0 && (await attempts(fixture.api, id)).includes(attempt)
  })
}

describe('a canceled payment that was captured manually', () => {
  test('is refunded only by the rest after a manual partial refund', async () => {
    const id = await createInWindow()
    fixture.stripe.captureByHand(id)
    fixture.stripe.refundByHand(id, 1000)
    await cancel(id)
    await untilSentBack(id)
    expect(moved(id)).toEqual(['authorize', 'capture', 'refund 1000', 'refund 8999'])
  })

  test('is refunded again after a manual refund failed', async () => {
    const id = await createInWindow()
    fixture.stripe.captureByHand(id)
    fixture.stripe.refundByHand(id, 500)
    fixture.stripe.failRefunds(id)
    await cancel(id)
    await untilSentBack(id)
    expect(moved(id)).toEqual(['authorize', 'capture', 'refund 500', 'refund 9999'])
  })

  test('is not refunded again after a manual full refund, and the timeline shows the refund', async () => {
    const id = await createInWindow()
    fixture.stripe.captureByHand(id)
    fixture.stripe.refundByHand(id, 9999)
    await cancel(id)
    await untilSentBack(id)
    expect(moved(id)).toEqual(['authorize', 'capture', 'refund 9999'])
  })

  test('of a part, whose rest stayed authorized, is refunded after the cancel', async () => {
    const id = await createInWindow()
    fixture.stripe.capturePart(id, 2_000)
    await cancel(id)
    await untilSentBack(id)
    expect(moved(id)).toEqual(['authorize', 'capture', 'cancel', 'refund 2000'])
  })

  test('is refunded again, with a new key, after its refund failed days later', async () => {
    const id = await createInWindow()
    fixture.stripe.captureByHand(id)
    await cancel(id)
    await untilSentBack(id)
    fixture.stripe.failRefunds(id)
    expect(fixture.stripe.keptOf(id)).toBe(9999)
    await fixture.started.notify(id, 'refund')
    await until('the money is sent back again', () => fixture.stripe.keptOf(id) === 0)
    expect(new Set(refundKeys(id)).size).toBe(2)
  })

  test('is refunded again if the answer to a lost refund is only a replay', async () => {
    const id = await createInWindow()
    fixture.stripe.captureByHand(id)
    fixture.stripe.loseNextAnswer(/POST .*refunds$/)
    // The bank returns the refund before this server looks it up.
    fixture.stripe.garble({
      path: /cancel$/,
      how: (honest) => {
        if (refundKeys(id).length === 1) fixture.stripe.failRefunds(id)
        return JSON.stringify(honest)
      },
    })
    await cancel(id)
    await until('the money is sent back', () => fixture.stripe.keptOf(id) === 0)
    await untilSentBack(id)
    const [first, second, third] = refundKeys(id)
    expect([second, third]).toEqual([first, expect.not.stringMatching(new RegExp(`^${first}$`))])
  })

  test('whose refunds fail at once is refunded after growing pauses, not in a loop', async () => {
    const id = await createInWindow('pm_card_refundFail')
    fixture.stripe.captureByHand(id)
    await cancel(id)
    await until('two refunds have failed', () => refundKeys(id).length === 2)
    const lookUps = async () =>
      (await attempts(fixture.api, id)).filter((one) => one === 'void captured').length
    const before = await lookUps()
    await fixture.started.notify(id, 'refund')
    await until('it is looked up', async () => (await lookUps()) > before)
    await untilVoidWaits(id, 'refund_late_capture declined')
    expect(refundKeys(id)).toHaveLength(2)
    await advance(fixture.api, 61)
    await until('a third refund has failed', () => refundKeys(id).length === 3)
    expect(new Set(refundKeys(id)).size).toBe(3)
    expect(await eventTypes(fixture.api, id)).not.toContain(lateCapture)
  })

  test('gets one event of its refund, only after the processor has paid it', async () => {
    const id = await createInWindow('pm_card_refundPending')
    fixture.stripe.captureByHand(id)
    await cancel(id)
    await untilVoidWaits(id, 'refund_late_capture undecided')
    await fixture.started.notify(id, 'refund')
    await until('it was looked up again', async () => {
      const all = await attempts(fixture.api, id)
      return all.filter((one) => one === 'void captured').length >= 2
    })
    await untilVoidWaits(id, 'void captured')
    expect(await eventTypes(fixture.api, id)).not.toContain(lateCapture)
    fixture.stripe.completeRefunds(id)
    await fixture.started.notify(id, 'refund')
    await untilSentBack(id)
    await until('the void is done', async () => {
      const open = `select from payment_tasks where payment_id = $1 and kind = 'void'`
      return (await fixture.sql.query(open, [id])).length === 0
    })
    const voids = async () =>
      (await attempts(fixture.api, id)).filter((one) => one === 'void captured').length
    const before = await voids()
    await fixture.started.notify(id, 'payment_intent')
    await until('the void is done again', async () => {
      const open = `select from payment_tasks where payment_id = $1 and kind = 'void'`
      return (await voids()) > before && (await fixture.sql.query(open, [id])).length === 0
    })
    expect((await eventTypes(fixture.api, id)).filter((type) => type === lateCapture)).toHaveLength(
      1,
    )
    expect(moved(id)).toEqual(['authorize', 'capture', 'refund 9999'])
  })
})

test('a manual capture is refunded even if Stripe never answers the cancel', async () => {
  const id = await createInWindow()
  fixture.stripe.captureByHand(id)
  fixture.stripe.garble({ path: /cancel$/, how: () => 'no answer of Stripe’s' })
  await cancel(id)
  await untilSentBack(id)
  expect(await attempts(fixture.api, id)).not.toContain('void captured')
  expect(moved(id)).toEqual(['authorize', 'capture', 'refund 9999'])
})

test('the void is repeated until Stripe reports the authorization as canceled', async () => {
  const id = await createInWindow()
  fixture.stripe.garble({
    path: /cancel$|pi_\w+$/,
    how: (honest) => JSON.stringify({ ...honest, status: 'requires_capture' }),
  })
  await cancel(id)
  await untilVoidWaits(id, 'void undecided')
})

test('a payment fails if its authorization was canceled manually and the answer to its capture was lost', async () => {
  const id = await createInWindow()
  fixture.stripe.cancelByHand(id)
  fixture.stripe.cutNext(/capture$/)
  await advance(fixture.api, 3_602)
  const failed = await untilStatus(fixture.api, id, 'failed')
  expect(failed.failure_code).toBe('canceled_at_processor')
  expect(await attempts(fixture.api, id)).toContain('look_up voided')
})
