import { beforeAll, describe, expect, test } from 'vitest'
import { type Api, createPayment } from '../../support/http/api.ts'
import { withMerchant } from '../../support/servers/merchant.ts'

const fixture = withMerchant()
let api: Api

beforeAll(() => {
  api = fixture.api
})

describe('cancel', () => {
  test('a cancel of a pending payment returns the whole payment, as the founding page shows it', async () => {
    const payment = await createPayment(api)
    const { status, body } = await api('POST', `/v1/payments/${payment.id}/cancel`, {
      body: { reason: 'customer_requested' },
    })
    expect(status).toBe(200)
    expect(body).toMatchObject({
      id: payment.id,
      object: 'payment',
      amount: 9999,
      currency: 'USD',
      status: 'canceled',
      payment_method: 'card',
      customer_email: 'customer@example.com',
      cancellation_reason: 'customer_requested',
    })
    expect(body.canceled_at).toBe(body.updated_at)
    expect((await api('GET', `/v1/payments/${payment.id}`)).body).toEqual(body)
  })

  test('a second cancel is refused with the message of the founding page', async () => {
    const { id } = await createPayment(api)
    await api('POST', `/v1/payments/${id}/cancel`)
    const { status, body } = await api('POST', `/v1/payments/${id}/cancel`)
    expect(status).toBe(412)
    expect(body).toEqual({
      error: {
        code: 'payment_not_cancelable',
        message: `Payment ${id} cannot be canceled. Current status: canceled.`,
        details: {
          payment_id: id,
          current_status: 'canceled',
          cancelable_statuses: ['pending', 'initiated'],
        },
      },
    })
  })
})
