import type { PaymentAttempt as Attempt } from '@hedgepayments/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openSql, type Sql } from '../../support/databases/sql.ts'
import { type Api, createPayment } from '../../support/http/api.ts'
import { createPaid, untilStatus } from '../../support/payments/paid.ts'
import { size } from '../../support/size.ts'
import { until } from '../../support/until.ts'
import { startMerchantWithStripe } from './stand-in/server-with-stripe.ts'
import type { StripeStandIn } from './stand-in/stand-in.ts'

// Messages about something that stays pending bring the next look-up forward. They never delay it.

const messages = 10
/** Messages that come one after the other, each after the look-up that the one before it led to. */
const inTurn = size({ quick: 3, all: messages })
/** A look-up follows within this: the steady rate in the first minutes, and its jitter. */
const lookUpSecondsMax = 10

let started: Awaited<ReturnType<typeof startMerchantWithStripe>>
let stripe: StripeStandIn
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

interface Planned {
  readonly seconds: number
  readonly failures: number
}

/** When a task is done next, in seconds from now, once no worker is doing it. */
async function planned(id: string, kind: string): Promise<Planned> {
  return await until(`${kind} of ${id} is planned`, async () => {
    const [row] = await sql.query<Planned>(
      `select extract(epoch from due_at - now())::float as seconds, failures from payment_tasks
       where payment_id = $1 and kind = $2 and leased_until is null and due_at > now()`,
      [id, kind],
    )
    return row
  })
}

async function countLookUps(id: string): Promise<number> {
  const { body } = await api('GET', `/v1/payments/${id}/attempts?limit=100`)
  return body.data.filter(({ kind }: { kind: string }) => kind === 'look_up').length
}

async function createPendingRefund(): Promise<string> {
  const { id } = await createPaid(api, { token: 'pm_card_refundPending' })
  await api('POST', `/v1/payments/${id}/refund`)
  await planned(id, 'refund')
  return id
}

const refundStatus = async (id: string) =>
  (await api('GET', `/v1/payments/${id}`)).body.refunds[0].status

describe('a pending refund', () => {
  test('is looked up within seconds after many messages, and completes by that look-up', async () => {
    const id = await createPendingRefund()
    for (let n = 1; n <= inTurn; n++) {
      const before = await countLookUps(id)
      await started.notify(id, 'refund')
      await until('the message led to a look-up', async () => (await countLookUps(id)) > before)
    }
    const { seconds, failures } = await planned(id, 'refund')
    expect(seconds).toBeLessThanOrEqual(lookUpSecondsMax)
    expect(failures).toBe(0)
    expect(await refundStatus(id)).toBe('pending')
    // Nobody says so.
    stripe.completeRefunds(id)
    await until('the refund has succeeded', async () => (await refundStatus(id)) === 'succeeded')
  })

  test('is not looked up for each of many messages at once', async () => {
    const id = await createPendingRefund()
    const before = await countLookUps(id)
    await Promise.all(Array.from({ length: 5 * messages }, () => started.notify(id, 'refund')))
    await until('a message led to a look-up', async () => (await countLookUps(id)) > before)
    const { seconds } = await planned(id, 'refund')
    expect(seconds).toBeLessThanOrEqual(lookUpSecondsMax)
    expect((await countLookUps(id)) - before).toBeLessThanOrEqual(messages)
  })
})

test('a payment that waits for the customer is looked up within seconds after many messages', async () => {
  const { id } = await createPayment(api)
  const body = { payment_method_token: 'pm_card_threeDSecureRequired' }
  await api('POST', `/v1/payments/${id}/initiate`, { body })
  for (let n = 1; n <= inTurn; n++) {
    const before = await countLookUps(id)
    await started.notify(id, 'payment_intent')
    await until('the message led to a look-up', async () => (await countLookUps(id)) > before)
  }
  const { seconds, failures } = await planned(id, 'authorize')
  expect(seconds).toBeLessThanOrEqual(lookUpSecondsMax)
  expect(failures).toBe(0)
  stripe.finishAction(id, true)
  await untilStatus(api, id, 'succeeded')
})

test('messages do not delay the look-up of a settlement', async () => {
  const { id } = await createPaid(api, { token: 'pm_card_visa' })
  const hours = 6
  for (let n = 1; n <= inTurn; n++) {
    const before = await countLookUps(id)
    await started.notify(id, 'payment_intent')
    await until('the message led to a look-up', async () => (await countLookUps(id)) > before)
  }
  const { seconds, failures } = await planned(id, 'settle')
  expect(seconds).toBeLessThanOrEqual(1.5 * hours * 3_600)
  expect(failures).toBe(0)
})

/** The pauses between failed look-ups, in seconds: from the end of one to the start of the next. */
async function pausesAfterFailures(id: string): Promise<number[]> {
  const { body } = await api('GET', `/v1/payments/${id}/attempts?limit=100`)
  const failed = body.data
    .filter(({ kind, outcome }: Attempt) => kind === 'look_up' && outcome === 'unknown')
    .sort((a: Attempt, b: Attempt) => a.number - b.number)
  return failed.slice(1).map((attempt: Attempt, index: number) => {
    return (Date.parse(attempt.started_at) - Date.parse(failed[index].ended_at)) / 1000
  })
}

test('a processor that fails is asked at growing intervals, and a message begins them anew', async () => {
  const { id } = await createPaid(api, { token: 'pm_card_visa' })
  // Of this payment only: others of this file are looked up as well.
  const path = new RegExp(`GET .*${stripe.intentOf(id)}$`)
  const failNext = () => stripe.failNext(path, 429, { message: 'Too many.' })
  const failures = async () => {
    const [row] = await sql.query<{ failures: number }>(
      `select failures from payment_tasks where payment_id = $1 and kind = 'settle'`,
      [id],
    )
    return row?.failures
  }
  const inARow = 4
  for (let n = 1; n <= inARow; n++) failNext()
  await sql.query(`update payment_tasks set due_at = now() where payment_id = $1`, [id])
  await until('all look-ups failed', async () => (await failures()) === inARow)
  const pauses = await pausesAfterFailures(id)
  expect(pauses).toHaveLength(inARow - 1)
  // The times are whole seconds.
  for (const [index, pause] of pauses.entries()) {
    expect(pause).toBeGreaterThanOrEqual(2 ** index - 1)
  }
  // The one after the next does not end, so that the count of failures stays long enough to be read.
  failNext()
  stripe.hangNext(path)
  await started.notify(id, 'payment_intent')
  await until('failures are counted anew', async () => (await failures()) === 1)
  await until('the look-up succeeded', async () => (await failures()) === 0)
})
