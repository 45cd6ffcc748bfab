import { describe, expect, test } from 'vitest'
import { fingerprint } from '../../support/databases/sql.ts'
import { createPayment, paymentBody } from '../../support/http/api.ts'
import { createPaid } from '../../support/payments/paid.ts'
import { withMerchant } from '../../support/servers/merchant.ts'
import { until } from '../../support/until.ts'

const fixture = withMerchant()

const visa = {
  type: 'card',
  brand: 'visa',
  last4: '4242',
  exp_month: 12,
  exp_year: 2034,
  country: 'US',
  wallet: null,
  bank_name: null,
}

async function initiated(token: string, more: Record<string, unknown> = {}) {
  const body = paymentBody({ payment_method_token: token, initiate: true, ...more })
  return (await fixture.api('POST', '/v1/payments', { body })).body
}

const listed = async (query: string) =>
  (await fixture.api('GET', `/v1/payments?${query}`)).body.data.map(({ id }: { id: string }) => id)

describe('the details of the payment method', () => {
  test('are null until the processor has named the card, and then the same in every answer', async () => {
    const created = await createPayment(fixture.api)
    expect(created).toMatchObject({ payment_method_details: null, checkout_session_id: null })
    const path = `/v1/payments/${created.id}`
    const body = { payment_method_token: 'tok_visa' }
    const { body: submitted } = await fixture.api('POST', `${path}/initiate`, { body })
    expect(submitted.payment_method_details).toEqual(visa)
    const { text } = await fixture.api('GET', path)
    expect(text).toContain(`"payment_method_details":${JSON.stringify(visa)}`)
  })

  test.each([
    ['tok_mastercard', { brand: 'mastercard', last4: '4444' }],
    ['tok_amex', { brand: 'amex', last4: '0005' }],
    ['tok_slow', { brand: 'visa', last4: '4242' }],
    ['tok_ach', { type: 'ach', brand: null, last4: '0000', bank_name: 'Sandbox Bank' }],
    ['tok_crypto', { type: 'crypto', brand: null, last4: null }],
    ['tok_chargeDeclinedExpiredCard', { brand: 'visa', last4: '0069' }],
  ])('of %s come from the token, also if the payment is declined', async (token, details) => {
    expect((await initiated(token)).payment_method_details).toMatchObject(details)
  })

  test('are in the data of every event from the authorization on', async () => {
    const { id } = await createPaid(fixture.api)
    const { body } = await fixture.api('GET', `/v1/payments/${id}/events`)
    const shown = body.data.map(
      (event: { type: string; data: { payment_method_details: unknown } }) => [
        event.type,
        event.data.payment_method_details,
      ],
    )
    expect(shown).toEqual([
      ['payment.succeeded', visa],
      ['payment.processing', visa],
      ['payment.initiated', visa],
      ['payment.created', null],
    ])
  })

  test('stay with a canceled payment, and a replayed cancel has the same bytes', async () => {
    const { id } = await initiated('tok_amex', { cancel_window: 600 })
    const path = `/v1/payments/${id}/cancel`
    const first = await fixture.api('POST', path, { idempotencyKey: `cancel-${id}` })
    expect(first.body.payment_method_details).toMatchObject({ brand: 'amex', last4: '0005' })
    const again = await fixture.api('POST', path, { idempotencyKey: `cancel-${id}` })
    expect(again.text).toBe(first.text)
    expect((await fixture.api('GET', `/v1/payments/${id}`)).text).toBe(first.text)
  })

  test('never contain the number of a test card', async () => {
    const { id } = await initiated('4242 4242 4242 4242')
    const { text } = await fixture.api('GET', `/v1/payments/${id}`)
    expect(text.replaceAll(/\D/g, '')).not.toContain('42424242')
  })
})

describe('payments are found', () => {
  test('by the last four digits of the card or account', async () => {
    const { id } = await initiated('tok_discover')
    expect(await listed('last4=1117')).toEqual([id])
    expect(await listed('last4=1117&status=canceled')).toEqual([])
    expect(await listed('last4=9876')).toEqual([])
  })

  test('by their checkout session, with every try of its customer', async () => {
    const { body: session } = await fixture.api('POST', '/v1/checkout/sessions', {
      body: paymentBody(),
    })
    const first = session.payment_id
    const body = { payment_method_token: 'tok_chargeDeclined' }
    await fixture.api('POST', `/v1/payments/${first}/initiate`, { body })
    const { body: failed } = await fixture.api('GET', `/v1/payments/${first}`)
    expect(failed).toMatchObject({ status: 'failed', checkout_session_id: session.id })
    expect(await listed(`checkout_session_id=${session.id}`)).toEqual([first])
    expect(await listed('checkout_session_id=cs_unknown')).toEqual([])
  })

  test.each(['424', '42424', '42a4', '', '4242424242424242'])(
    'not by %j, which is not four digits: 400',
    async (last4) => {
      const { status, body } = await fixture.api('GET', `/v1/payments?last4=${last4}`)
      expect([status, body.error.code, body.error.details.field]).toEqual([
        400,
        'invalid_request',
        'last4',
      ])
      expect(body.error.details.received).not.toContain('42424242')
    },
  )

  test('by a bulk cancellation, which cancels those and no others', async () => {
    const mine = await initiated('tok_jcb', { cancel_window: 600 })
    const other = await initiated('tok_mastercard', { cancel_window: 600 })
    const body = { filter: { last4: '0505' } }
    const { body: started } = await fixture.api('POST', '/v1/cancellations', { body })
    await until('the bulk cancellation is complete', async () => {
      const { body: now } = await fixture.api('GET', `/v1/cancellations/${started.id}`)
      return now.status === 'completed'
    })
    const statusOf = async (id: string) =>
      (await fixture.api('GET', `/v1/payments/${id}`)).body.status
    expect(await statusOf(mine.id)).toBe('canceled')
    expect(await statusOf(other.id)).toBe('initiated')
  })
})

test('a refused search changes nothing', async () => {
  const before = await fingerprint(fixture.sql, fixture.owner)
  await fixture.api('GET', '/v1/payments?last4=x')
  expect(await fingerprint(fixture.sql, fixture.owner)).toBe(before)
})
