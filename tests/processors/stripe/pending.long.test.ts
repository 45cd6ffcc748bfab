import type { PaymentAttempt as Attempt } from '@hedgepayments/contract'
import { describe, expect, test } from 'vitest'
import { createPayment } from '../../support/http/api.ts'
import { createPaid, untilStatus } from '../../support/payments/paid.ts'
import { size } from '../../support/size.ts'
import { until } from '../../support/until.ts'
import { withMerchantAtStripe } from './stand-in/server-with-stripe.ts'

// Messages about a pending payment or refund move its next look-up forward. They never delay it.

const messages = 10
/** Number of messages. Each is sent after the look-up that the previous one caused. */
const inTurn = size({ quick: 3, all: messages })
/** Longest pause before a look-up: the constant pause of the first minutes, with its jitter. */
const lookUpSecondsMax = 10

const fixture = withMerchantAtStripe()

interface Planned {
  readonly seconds: number
  readonly failures: number
}

/** Seconds until a task is due. Waits until no worker has claimed it. */
async function planned(id: string, kind: string): Promise<Planned> {
  return await until(`${kind} of ${id} is planned`, async () => {
    const [row] = await fixture.sql.query<Planned>(
      `select extract(epoch from due_at - now())::float as seconds, failures from payment_tasks
       where payment_id = $1 and kind = $2 and leased_until is null and due_at > now()`,
      [id, kind],
    )
    return row
  })
}

async function countLookUps(id: string): Promise<number> {
  const { body } = await fixture.api('GET', `/v1/payments/${id}/attempts?limit=100`)
  return body.data.filter(({ kind }: { kind: string }) => kind === 'look_up').length
}

async function createPendingRefund(): Promise<string> {
  const { id } = await createPaid(fixture.api, { token: 'pm_card_refundPending' })
  await fixture.api('POST', `/v1/payments/${id}/refund`)
  await planned(id, 'refund')
  return id
}

const refundStatus = async (id: string) =>
  (await fixture.api('GET', `/v1/payments/${id}`)).body.refunds[0].status

describe('a pending refund', () => {
  test('is looked up within seconds after many messages, and this look-up completes it', async () => {
    const id = await createPendingRefund()
    for (let n = 1; n <= inTurn; n++) {
      const before = await countLookUps(id)
      await fixture.started.notify(id, 'refund')
      await until('the message led to a look-up', async () => (await countLookUps(id)) > before)
    }
    const { seconds, failures } = await planned(id, 'refund')
    expect(seconds).toBeLessThanOrEqual(lookUpSecondsMax)
    expect(failures).toBe(0)
    expect(await refundStatus(id)).toBe('pending')
    // Stripe sends no message.
    fixture.stripe.completeRefunds(id)
    await until('the refund has succeeded', async () => (await refundStatus(id)) === 'succeeded')
  })

  test('is not looked up once per message if many arrive at once', async () => {
    const id = await createPendingRefund()
    const before = await countLookUps(id)
    await Promise.all(
      Array.from({ length: 5 * messages }, () => fixture.started.notify(id, 'refund')),
    )
    await until('a message led to a look-up', async () => (await countLookUps(id)) > before)
    const { seconds } = await planned(id, 'refund')
    expect(seconds).toBeLessThanOrEqual(lookUpSecondsMax)
    expect((await countLookUps(id)) - before).toBeLessThanOrEqual(messages)
  })
})

test('a payment that waits for the customer is looked up within seconds after many messages', async () => {
  const { id } = await createPayment(fixture.api)
  const body = { payment_method_token: 'pm_card_threeDSecureRequired' }
  await fixture.api('POST', `/v1/payments/${id}/initiate`, { body })
  for (let n = 1; n <= inTurn; n++) {
    const before = await countLookUps(id)
    await fixture.started.notify(id, 'payment_intent')
    await until('the message led to a look-up', async () => (await countLookUps(id)) > before)
  }
  const { seconds, failures } = await planned(id, 'authorize')
  expect(seconds).toBeLessThanOrEqual(lookUpSecondsMax)
  expect(failures).toBe(0)
  fixture.stripe.finishAction(id, true)
  await untilStatus(fixture.api, id, 'succeeded')
})

test('messages do not delay the look-up of a settlement', async () => {
  const { id } = await createPaid(fixture.api, { token: 'pm_card_visa' })
  const hours = 24
  for (let n = 1; n <= inTurn; n++) {
    const before = await countLookUps(id)
    await fixture.started.notify(id, 'payment_intent')
    await until('the message led to a look-up', async () => (await countLookUps(id)) > before)
  }
  const { seconds, failures } = await planned(id, 'settle')
  // It is first looked up a day after the capture.
  expect(seconds).toBeLessThanOrEqual(hours * 3_600)
  expect(failures).toBe(0)
})

/** The pauses between failed look-ups, in seconds: from the end of one to the start of the next. */
async function pausesAfterFailures(id: string): Promise<number[]> {
  const { body } = await fixture.api('GET', `/v1/payments/${id}/attempts?limit=100`)
  const failed = body.data
    .filter(({ kind, outcome }: Attempt) => kind === 'look_up' && outcome === 'unknown')
    .sort((a: Attempt, b: Attempt) => a.number - b.number)
  return failed.slice(1).map((attempt: Attempt, index: number) => {
    return (Date.parse(attempt.started_at) - Date.parse(failed[index].ended_at)) / 1000
  })
}

test('a failing processor is called at growing intervals, and a message resets them', async () => {
  const id = await createPendingRefund()
  // Only calls of this payment: other payments of this file are looked up as well.
  const path = new RegExp(`GET .*${fixture.stripe.intentOf(id)}$`)
  const failNext = () => fixture.stripe.failNext(path, 429, { message: 'Too many.' })
  const failures = async () => {
    const [row] = await fixture.sql.query<{ failures: number }>(
      `select failures from payment_tasks where payment_id = $1 and kind = 'refund'`,
      [id],
    )
    return row?.failures
  }
  const inARow = 4
  for (let n = 1; n <= inARow; n++) failNext()
  await fixture.sql.query(
    `update payment_tasks set due_at = now() where payment_id = $1 and kind = 'refund'`,
    [id],
  )
  await until('all look-ups failed', async () => (await failures()) === inARow)
  const pauses = await pausesAfterFailures(id)
  expect(pauses).toHaveLength(inARow - 1)
  // The times are whole seconds.
  for (const [index, pause] of pauses.entries()) {
    expect(pause).toBeGreaterThanOrEqual(2 ** index - 1)
  }
  // The look-up after the next hangs, so the count of failures stays long enough to be read.
  failNext()
  fixture.stripe.hangNext(path)
  await fixture.started.notify(id, 'refund')
  await until('failures are counted anew', async () => (await failures()) === 1)
  await until('the look-up succeeded', async () => (await failures()) === 0)
})
