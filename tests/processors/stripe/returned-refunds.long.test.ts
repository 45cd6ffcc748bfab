import { expect, test } from 'vitest'
import { createPaid, eventTypes } from '../../support/payments/paid.ts'
import { advance } from '../../support/payments/sandbox.ts'
import { until } from '../../support/until.ts'
import { withMerchantAtStripe } from './stand-in/server-with-stripe.ts'

// Stripe may report that a refund was paid, and days later that the bank has returned it.

const token = 'pm_card_visa'
const daySeconds = 86_400

const fixture = withMerchantAtStripe()

const retrieve = async (id: string) => (await fixture.api('GET', `/v1/payments/${id}`)).body

async function createRefunded(): Promise<string> {
  const { id } = await createPaid(fixture.api, { token })
  await fixture.api('POST', `/v1/payments/${id}/refund`)
  await untilRefund(id, 'succeeded')
  return id
}

async function untilRefund(id: string, status: string) {
  return await until(`the refund of ${id} is ${status}`, async () => {
    const payment = await retrieve(id)
    return payment.refunds[0].status === status && payment
  })
}

/** Stripe's `refund.failed`. Its refund contains the id of the Hedge payment. */
const notify = (id: string) => fixture.started.notify(id, 'refund')

/** The balances of the accounts by the transfers of a payment: debits minus credits. */
async function ledgerOf(id: string): Promise<Record<string, number>> {
  const rows = await fixture.sql.query<{ account: string; sum: string }>(
    `select account, sum(amount) as sum from ledger_entries where payment_id = $1
     group by account having sum(amount) <> 0`,
    [id],
  )
  return Object.fromEntries(rows.map(({ account, sum }) => [account, Number(sum)]))
}

test('a refund that fails days later is found although the message about that is lost', async () => {
  const id = await createRefunded()
  fixture.stripe.settleAll()
  await advance(fixture.api, daySeconds + 10)
  await until('it is settled', async () => (await retrieve(id)).settled)
  fixture.stripe.failRefunds(id)
  await advance(fixture.api, daySeconds)
  await untilRefund(id, 'failed')
})

test('a refund that fails after it was paid is marked failed, and the amount can be refunded again', async () => {
  const { id } = await createPaid(fixture.api, { token })
  const paid = await ledgerOf(id)
  await fixture.api('POST', `/v1/payments/${id}/refund`)
  await untilRefund(id, 'succeeded')
  fixture.stripe.failRefunds(id)
  await notify(id)

  const payment = await untilRefund(id, 'failed')
  expect(payment).toMatchObject({ status: 'succeeded', refunded_amount: 0 })
  expect(payment.refunds[0].failure_code).toBe('refund_failed')
  expect(await ledgerOf(id)).toEqual(paid)
  expect((await eventTypes(fixture.api, id)).slice(-2)).toEqual([
    'payment.refund_succeeded',
    'payment.refund_failed',
  ])
  // Each event shows the state at its time, also after later events.
  const { body } = await fixture.api('GET', `/v1/payments/${id}/events`)
  const told = body.data.map((event: { data: { refunds: { status: string }[] } }) =>
    event.data.refunds.map(({ status }) => status),
  )
  expect(told.slice(0, 3)).toEqual([['failed'], ['succeeded'], ['pending']])

  expect((await fixture.api('POST', `/v1/payments/${id}/refund`)).status).toBe(200)
  await until('the second refund is paid', async () =>
    (await retrieve(id)).refunds.some(({ status }: { status: string }) => status === 'succeeded'),
  )
})

test('a refund that fails after it was paid is detected even without a message', async () => {
  const id = await createRefunded()
  fixture.stripe.failRefunds(id)
  await advance(fixture.api, 2 * daySeconds)
  expect((await untilRefund(id, 'failed')).status).toBe('succeeded')
})

/** Makes Stripe report the first refund of a payment with other values. */
function showFirstRefund(change: (refund: object) => object | null) {
  fixture.stripe.garble({
    path: /GET .*refunds$/,
    how: (honest) => {
      const [first, ...others] = honest.data as object[]
      const shown = first ? change(first) : null
      return JSON.stringify({ ...honest, data: [...(shown ? [shown] : []), ...others] })
    },
  })
}

test('a refund that fails after the settlement is detected by its message', async () => {
  const id = await createRefunded()
  fixture.stripe.settleAll()
  await advance(fixture.api, 2 * daySeconds)
  await until('it is settled', async () => (await retrieve(id)).settled)
  fixture.stripe.failRefunds(id)
  await notify(id)
  expect(await untilRefund(id, 'failed')).toMatchObject({ status: 'succeeded', refunded_amount: 0 })
  const { merchant_available: available, refunds, processor } = await ledgerOf(id)
  expect([available, refunds, processor]).toEqual([-9679, undefined, 9999])
})

test('if one of two refunds of the same amount fails, its amount is subtracted once', async () => {
  for (let round = 0; round < 3; round++) {
    const { id } = await createPaid(fixture.api, { token })
    for (const amount of [4000, 4000]) {
      await fixture.api('POST', `/v1/payments/${id}/refund`, { body: { amount } })
    }
    await until('both are paid', async () =>
      (await retrieve(id)).refunds.every(
        ({ status }: { status: string }) => status === 'succeeded',
      ),
    )
    showFirstRefund((refund) => ({ ...refund, status: 'failed' }))
    // The message makes two tasks look the payment up concurrently: the refund task and the settlement task.
    await notify(id)
    await untilRefund(id, 'failed')
    await untilIdle(id)
    fixture.stripe.garble(null)
    expect(await retrieve(id)).toMatchObject({
      status: 'partially_refunded',
      refunded_amount: 4000,
      refunds: [{ status: 'failed' }, { status: 'succeeded' }],
    })
    expect(
      (await eventTypes(fixture.api, id)).filter((type) => type.endsWith('refund_failed')),
    ).toHaveLength(1)
  }
})

/** Waits until no worker has claimed a task of the payment. */
async function untilIdle(id: string) {
  await until(`nobody works on ${id}`, async () => {
    const busy = await fixture.sql.query(
      `select from payment_tasks where payment_id = $1
         and (leased_until is not null or due_at <= now() or planned_again)`,
      [id],
    )
    return busy.length === 0
  })
}

test.each([
  ['missing from the list', () => null],
  ['pending again', (refund: object) => ({ ...refund, status: 'pending' })],
])('a paid refund stays paid if Stripe reports it as %s', async (_how, change) => {
  const id = await createRefunded()
  const before = await retrieve(id)
  showFirstRefund(change)
  try {
    await notify(id)
    await until('the refund was looked up', async () => {
      const { body } = await fixture.api('GET', `/v1/payments/${id}/attempts`)
      return body.data[0].kind === 'look_up' && body.data[0].outcome === 'captured'
    })
    await untilIdle(id)
    expect(await retrieve(id)).toEqual(before)
  } finally {
    fixture.stripe.garble(null)
  }
})

test('messages about unchanged refunds change nothing', async () => {
  const id = await createRefunded()
  const before = await retrieve(id)
  await notify(id)
  await until('the refund was looked up', async () => {
    const { body } = await fixture.api('GET', `/v1/payments/${id}/attempts`)
    return body.data[0].kind === 'look_up' && body.data[0].outcome === 'captured'
  })
  expect(await retrieve(id)).toEqual(before)
})
