import { describe, expect, onTestFinished, test } from 'vitest'
import { createPayment, untilAdmitted } from '../../support/http/api.ts'
import { eventTypes, untilStatus } from '../../support/payments/paid.ts'
import { advance, attempts } from '../../support/payments/sandbox.ts'
import { size } from '../../support/size.ts'
import { until } from '../../support/until.ts'
import { withMerchantAtStripe } from './stand-in/server-with-stripe.ts'

// Stripe debits a bank account when the PaymentIntent is confirmed, and the bank decides days later. So
// nothing is sent before the undo window has ended.

const fixture = withMerchantAtStripe()
const account = 'pm_usBankAccount_success'
const day = 86_400

/** Creates a bank debit and initiates it. */
async function createDebit(more: object = {}) {
  return await createPayment(fixture.api, {
    initiate: true,
    payment_method: 'ach',
    payment_method_token: account,
    ...more,
  })
}

/** What was sent to the bank, captured or refunded for a payment, with amounts. */
function moved(id: string): string[] {
  return fixture.stripe.movementsOf(id).map(({ kind, amount }) => `${kind} ${amount}`)
}

const untilSent = (id: string) =>
  until(`the debit of ${id} is sent`, async () => moved(id).length > 0)

/** A debit that the bank has, and has not decided. */
async function createSent(more: object = {}): Promise<string> {
  const { id } = await createDebit(more)
  await untilStatus(fixture.api, id, 'processing')
  await untilSent(id)
  return id
}

/** Sends a message of Stripe, and ends the pause since the last look-up. */
async function notify(id: string): Promise<void> {
  await fixture.started.notify(id, 'payment_intent')
  await fixture.sql.query(
    `update payment_tasks set due_at = now() where payment_id = $1 and kind = 'capture'`,
    [id],
  )
}

describe('a bank debit in its undo window', () => {
  test('is checked at Stripe, and nothing exists there that could be debited', async () => {
    const { id, ...payment } = await createDebit({ cancel_window: 3_600 })
    expect(payment).toMatchObject({
      status: 'initiated',
      cancelable: true,
      allowed_actions: ['cancel', 'capture', 'reverse'],
      authorization_expires_at: null,
      payment_method_details: { type: 'ach', bank_name: 'STRIPE TEST BANK', last4: '6789' },
    })
    expect(await attempts(fixture.api, id)).toEqual(['authorize accepted'])
    expect(fixture.stripe.intentOf(id)).toBeUndefined()
  })

  test('is canceled without a call to Stripe, and is never sent', async () => {
    const { id } = await createDebit({ cancel_window: 3_600 })
    const canceled = await fixture.api('POST', `/v1/payments/${id}/cancel`)
    expect(canceled).toMatchObject({ status: 200, body: { status: 'canceled' } })
    await until('no task is left', async () => {
      const tasks = await fixture.sql.query(
        `select from payment_tasks where payment_id = $1 and kind = 'void'`,
        [id],
      )
      return tasks.length === 0
    })
    await advance(fixture.api, 3_700)
    await until('the end of the window was handled', async () => {
      const tasks = await fixture.sql.query(
        `select from payment_tasks where payment_id = $1 and kind = 'process'`,
        [id],
      )
      return tasks.length === 0
    })
    expect(await attempts(fixture.api, id)).toEqual(['authorize accepted'])
    expect(fixture.stripe.intentOf(id)).toBeUndefined()
  })

  test('is sent once at the end of the window', async () => {
    const { id } = await createDebit({ cancel_window: 60 })
    await advance(fixture.api, 61)
    await untilStatus(fixture.api, id, 'processing')
    await untilSent(id)
    expect(moved(id)).toEqual(['debit 9999'])
    const late = await fixture.api('POST', `/v1/payments/${id}/cancel`)
    expect(late.body.error).toMatchObject({ code: 'payment_not_cancelable' })
  })

  test('is declined if the account at Stripe has not activated bank debits', async () => {
    const { id } = await createDebit({ cancel_window: 60 })
    fixture.stripe.activate(['card'])
    onTestFinished(() => fixture.stripe.activate(['card', 'us_bank_account']))
    await advance(fixture.api, 61)
    const failed = await untilStatus(fixture.api, id, 'failed')
    expect(failed).toMatchObject({ failure_code: 'payment_method_unsupported' })
    expect(moved(id)).toEqual([])
  })

  test.each([
    ['a card', 'pm_card_visa', 'invalid_token'],
    ['unknown at Stripe', 'pm_unknown', 'invalid_token'],
    ['no PaymentMethod', 'tok_visa', 'invalid_token'],
  ])('is declined at once if the token is %s', async (_, token, code) => {
    const failed = await createDebit({ payment_method_token: token })
    expect(failed).toMatchObject({ status: 'failed', failure_code: code })
    expect(fixture.stripe.intentOf(failed.id)).toBeUndefined()
  })

  test('is declined at once in another currency than USD', async () => {
    const failed = await createDebit({ currency: 'EUR' })
    expect(failed).toMatchObject({ status: 'failed', failure_code: 'payment_method_unsupported' })
  })
})

describe('a bank debit with manual capture', () => {
  test('waits for the capture, which may be of a part', async () => {
    const payment = await createDebit({ capture_method: 'manual' })
    const { id } = payment
    expect(payment.authorization_expires_at).toBe(payment.cancelable_until)
    expect(payment.cancelable_until).not.toBeNull()
    const captured = await fixture.api('POST', `/v1/payments/${id}/capture`, {
      body: { amount: 4_000 },
    })
    expect(captured.body.status).toBe('processing')
    await untilSent(id)
    fixture.stripe.decideDebit(id)
    await notify(id)
    expect(await untilStatus(fixture.api, id, 'succeeded')).toMatchObject({
      captured_amount: 4_000,
    })
    expect(moved(id)).toEqual(['debit 4000', 'capture 4000'])
  })

  test('fails after a week without a capture, with a warning a day before', async () => {
    const { id } = await createDebit({ capture_method: 'manual' })
    await advance(fixture.api, 6 * day + 60)
    await until('the warning', async () =>
      (await eventTypes(fixture.api, id)).includes('payment.authorization_expiring'),
    )
    await advance(fixture.api, day)
    const failed = await untilStatus(fixture.api, id, 'failed')
    expect(failed.failure_code).toBe('authorization_expired')
    expect(fixture.stripe.intentOf(id)).toBeUndefined()
  })
})

describe('a bank debit that was sent', () => {
  test('succeeds when the bank has decided, with one PaymentIntent', async () => {
    const id = await createSent()
    fixture.stripe.decideDebit(id)
    await notify(id)
    const paid = await untilStatus(fixture.api, id, 'succeeded')
    expect(paid).toMatchObject({ captured_amount: 9_999, failure_code: null })
    expect(moved(id)).toEqual(['debit 9999', 'capture 9999'])
    expect(await eventTypes(fixture.api, id)).toEqual([
      'payment.created',
      'payment.initiated',
      'payment.processing',
      'payment.succeeded',
    ])
  })

  test('fails days later with the code of the bank', async () => {
    const id = await createSent({ payment_method_token: 'pm_usBankAccount_accountClosed' })
    fixture.stripe.decideDebit(id)
    await notify(id)
    const failed = await untilStatus(fixture.api, id, 'failed')
    expect(failed).toMatchObject({ failure_code: 'account_closed', captured_amount: 0 })
    expect((await eventTypes(fixture.api, id)).slice(-2)).toEqual([
      'payment.failed',
      'ach.returned',
    ])
  })

  test('is looked up less and less often', async () => {
    const id = await createSent()
    const pause = async () => {
      await until('the task is postponed', async () => {
        const rows = await fixture.sql.query(
          `select from payment_tasks where payment_id = $1 and kind = 'capture' and lease is null
             and due_at > now() + interval '30 seconds'`,
          [id],
        )
        return rows.length === 1
      })
      const [row] = await fixture.sql.query<{ seconds: number }>(
        `select extract(epoch from due_at - now()
           - make_interval(secs => coalesce((select offset_seconds from test_clocks c
               where c.merchant_id = t.merchant_id), 0)))::integer as seconds
         from payment_tasks t where payment_id = $1 and kind = 'capture'`,
        [id],
      )
      return row?.seconds ?? 0
    }
    const first = await pause()
    expect(first).toBeGreaterThan(30)
    expect(first).toBeLessThanOrEqual(90)
    await fixture.sql.query(
      `update payment_tasks set since = now() - interval '3 days', due_at = now()
       where payment_id = $1 and kind = 'capture'`,
      [id],
    )
    await until('the second look-up', async () =>
      (await attempts(fixture.api, id)).some((one) => one === 'look_up undecided'),
    )
    expect(await pause()).toBeGreaterThan(5 * 3_600)
    expect((await attempts(fixture.api, id)).slice(1)).toEqual([
      'capture undecided',
      'look_up undecided',
    ])
  })

  test('is declined if Stripe refuses the account', async () => {
    const { id } = await createDebit({ payment_method_token: 'pm_usBankAccount_blocked' })
    const failed = await untilStatus(fixture.api, id, 'failed')
    expect(failed.failure_code).toBe('bank_account_unusable')
    expect(moved(id)).toEqual([])
  })

  test('is canceled at Stripe and fails if the customer must verify the account first', async () => {
    const { id } = await createDebit({ payment_method_token: 'pm_usBankAccount_unverified' })
    const failed = await untilStatus(fixture.api, id, 'failed')
    expect(failed.failure_code).toBe('bank_account_unverified')
    expect(moved(id)).toEqual([])
    const intent = fixture.stripe.intentOf(id)
    expect(fixture.stripe.requests).toContain(`POST /v1/payment_intents/${intent}/cancel`)
  })

  test('says that the merchant has the mandate, as no hosted page was used', async () => {
    const id = await createSent()
    expect(fixture.stripe.mandateOf(id)).toEqual({ customer_acceptance: { type: 'offline' } })
  })
})

const faults = size({
  quick: ['loseNextAnswerAndKeys', 'failNextThoughDone'],
  all: ['loseNextAnswer', 'loseNextAnswerAndKeys', 'failNextThoughDone', 'cutNext'],
} as const)

describe.each([
  ['the creation of the PaymentIntent', /POST \/v1\/payment_intents$/],
  ['the confirmation', /POST \/v1\/payment_intents\/pi_\w+\/confirm$/],
])('if %s', (_, path) => {
  test.each(faults)('has the fault %s, the account is debited once', async (fault) => {
    fixture.stripe[fault](path)
    const { id } = await createDebit()
    await untilSent(id)
    await until('the debit is known', async () => {
      const outcomes = await attempts(fixture.api, id)
      return /undecided$/.test(outcomes.at(-1) ?? '')
    })
    expect(moved(id)).toEqual(['debit 9999'])
    fixture.stripe.decideDebit(id)
    await notify(id)
    await untilStatus(fixture.api, id, 'succeeded')
    expect(moved(id)).toEqual(['debit 9999', 'capture 9999'])
  })
})

describe('the acceptance of the mandate on the hosted page', () => {
  /** As the hosted page stores it when the customer submits the payment. */
  const accept = (id: string) =>
    fixture.sql.query(
      `insert into mandate_acceptances (merchant_id, livemode, payment_id, ip_address, user_agent)
       select merchant_id, livemode, id, '192.0.2.7', 'A browser' from payments where id = $1`,
      [id],
    )
  const stored = async (id: string) =>
    (await fixture.sql.query('select from mandate_acceptances where payment_id = $1', [id])).length

  test('is sent with the debit, also after a lost answer, and is deleted then', async () => {
    const { id } = await createDebit({ capture_method: 'manual' })
    await accept(id)
    fixture.stripe.loseNextAnswer(/\/confirm$/)
    await fixture.api('POST', `/v1/payments/${id}/capture`)
    await untilSent(id)
    await until('it is deleted', async () => (await stored(id)) === 0)
    expect(fixture.stripe.mandateOf(id)).toEqual({
      customer_acceptance: {
        type: 'online',
        accepted_at: expect.stringMatching(/^[0-9]{10}$/),
        online: { ip_address: '192.0.2.7', user_agent: 'A browser' },
      },
    })
    expect(moved(id)).toEqual(['debit 9999'])
  })

  test('is deleted with a cancel', async () => {
    const { id } = await createDebit({ capture_method: 'manual' })
    await accept(id)
    await fixture.api('POST', `/v1/payments/${id}/cancel`)
    await until('it is deleted', async () => (await stored(id)) === 0)
    expect(fixture.stripe.intentOf(id)).toBeUndefined()
  })
})

test('of a cancel and the end of the window exactly one wins, and a canceled payment is never debited', async () => {
  const ids: string[] = []
  while (ids.length < size({ quick: 12, all: 100 })) {
    // More at once would wait for Stripe's answers too long on a busy machine.
    const made = await Promise.all([1, 2, 3, 4].map(() => createDebit({ cancel_window: 600 })))
    ids.push(...made.map(({ id }) => id as string))
  }
  const cancel = async (id: string) =>
    (await untilAdmitted(() => fixture.api('POST', `/v1/payments/${id}/cancel`))).status
  const [, ...answers] = await Promise.all([advance(fixture.api, 601), ...ids.map(cancel)])
  for (const [n, id] of ids.entries()) {
    if (answers[n] === 200) continue
    expect(answers[n]).toBe(412)
    await untilSent(id)
  }
  for (const [n, id] of ids.entries()) {
    const { body } = await fixture.api('GET', `/v1/payments/${id}`)
    expect(body.status).toBe(answers[n] === 200 ? 'canceled' : 'processing')
    expect(moved(id)).toEqual(answers[n] === 200 ? [] : ['debit 9999'])
    if (answers[n] === 200) expect(fixture.stripe.intentOf(id)).toBeUndefined()
  }
})
