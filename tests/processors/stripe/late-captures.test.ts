import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { openSql, type Sql } from '../../support/databases/sql.ts'
import { type Api, createPayment } from '../../support/http/api.ts'
import { eventTypes, untilStatus } from '../../support/payments/paid.ts'
import { advance, attempts } from '../../support/payments/sandbox.ts'
import { isLongRun } from '../../support/size.ts'
import { until } from '../../support/until.ts'
import { startMerchantWithStripe } from './stand-in/server-with-stripe.ts'
import type { StripeStandIn } from './stand-in/stand-in.ts'

// People also work in Stripe's dashboard: they capture, cancel and refund by hand. What they did is
// looked up before money is sent back, so that a customer gets back what is owed, and no more.

const lateCapture = 'payment.late_capture_refunded'

let stripe: StripeStandIn
let started: Awaited<ReturnType<typeof startMerchantWithStripe>>
let api: Api
let sql: Sql

beforeAll(async () => {
  started = await startMerchantWithStripe('sk_test_of_this_merchant')
  stripe = started.stripe
  api = started.api
  sql = openSql(started.database.url)
})

afterAll(async () => {
  await sql?.close()
  await started?.stop()
})

afterEach(() => stripe.garble(null))

/** A payment that is authorized, and waits for its undo window to end. */
async function createInWindow(token = 'pm_card_visa'): Promise<string> {
  const { id } = await createPayment(api, { cancel_window: 3_600 })
  const body = { payment_method_token: token }
  const { status } = await api('POST', `/v1/payments/${id}/initiate`, { body })
  expect(status).toBe(200)
  return id
}

async function cancel(id: string) {
  expect((await api('POST', `/v1/payments/${id}/cancel`)).status).toBe(200)
}

/** What really moved of a payment, with the amount where money went back. */
function moved(id: string): string[] {
  const intent = stripe.intentOf(id)
  return stripe.movements
    .filter((one) => one.intent === intent)
    .map(({ kind, amount }) => (kind === 'refund' ? `refund ${amount}` : kind))
}

async function untilSentBack(id: string) {
  await until('the money is sent back', async () =>
    (await eventTypes(api, id)).includes(lateCapture),
  )
}

/** Waits until the void of a payment was tried and is planned again. */
async function untilVoidWaits(id: string, attempt: string) {
  await until(`the void of ${id} waits after ${attempt}`, async () => {
    const waiting = await sql.query(
      `select from payment_tasks where payment_id = $1 and kind = 'void'
         and leased_until is null and due_at > now()`,
      [id],
    )
    return waiting.length > 0 && (await attempts(api, id)).includes(attempt)
  })
}

describe('where Stripe answers', () => {
  test('what was refunded by hand before the cancel is not given back twice', async () => {
    const id = await createInWindow()
    stripe.captureByHand(id)
    stripe.refundByHand(id, 1000)
    await cancel(id)
    await untilSentBack(id)
    expect(moved(id)).toEqual(['authorize', 'capture', 'refund 1000', 'refund 8999'])
  })

  test('a refund by hand that has failed is given back again', async () => {
    const id = await createInWindow()
    stripe.captureByHand(id)
    stripe.refundByHand(id, 500)
    stripe.failRefunds(id)
    await cancel(id)
    await untilSentBack(id)
    expect(moved(id)).toEqual(['authorize', 'capture', 'refund 500', 'refund 9999'])
  })

  test('of money that was refunded whole by hand nothing is sent, and the timeline says so', async () => {
    const id = await createInWindow()
    stripe.captureByHand(id)
    stripe.refundByHand(id, 9999)
    await cancel(id)
    await untilSentBack(id)
    expect(moved(id)).toEqual(['authorize', 'capture', 'refund 9999'])
  })

  test.runIf(isLongRun)(
    'the timeline says that money went back once the processor has paid it, and once',
    async () => {
      const id = await createInWindow('pm_card_refundPending')
      stripe.captureByHand(id)
      await cancel(id)
      await untilVoidWaits(id, 'refund_late_capture undecided')
      await started.notify(id, 'refund')
      await until('it was looked up again', async () => {
        const all = await attempts(api, id)
        return all.filter((one) => one === 'void captured').length >= 2
      })
      await untilVoidWaits(id, 'void captured')
      expect(await eventTypes(api, id)).not.toContain(lateCapture)
      stripe.completeRefunds(id)
      await started.notify(id, 'refund')
      await untilSentBack(id)
      await until('the void is done', async () => {
        const open = `select from payment_tasks where payment_id = $1 and kind = 'void'`
        return (await sql.query(open, [id])).length === 0
      })
      const voids = async () =>
        (await attempts(api, id)).filter((one) => one === 'void captured').length
      const before = await voids()
      await started.notify(id, 'payment_intent')
      await until('the void is done again', async () => {
        const open = `select from payment_tasks where payment_id = $1 and kind = 'void'`
        return (await voids()) > before && (await sql.query(open, [id])).length === 0
      })
      expect((await eventTypes(api, id)).filter((type) => type === lateCapture)).toHaveLength(1)
      expect(moved(id)).toEqual(['authorize', 'capture', 'refund 9999'])
    },
  )
})

test('money goes back although the cancel at the processor never gets an answer', async () => {
  const id = await createInWindow()
  stripe.captureByHand(id)
  stripe.garble({ path: /cancel$/, how: () => 'no answer of Stripe’s' })
  await cancel(id)
  await untilSentBack(id)
  expect(await attempts(api, id)).not.toContain('void captured')
  expect(moved(id)).toEqual(['authorize', 'capture', 'refund 9999'])
})

test('an authorization is voided until the processor says that it is canceled', async () => {
  const id = await createInWindow()
  stripe.garble({
    path: /cancel$/,
    how: (honest) => JSON.stringify({ ...honest, status: 'requires_capture' }),
  })
  await cancel(id)
  await untilVoidWaits(id, 'void undecided')
})

test('a payment whose authorization was canceled by hand fails, although a capture was lost', async () => {
  const id = await createInWindow()
  stripe.cancelByHand(id)
  stripe.cutNext(/capture$/)
  await advance(api, 3_602)
  const failed = await untilStatus(api, id, 'failed')
  expect(failed.failure_code).toBe('authorization_expired')
  expect(await attempts(api, id)).toContain('look_up voided')
})
