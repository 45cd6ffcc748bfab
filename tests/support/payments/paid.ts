import type { PaymentStatus } from '@hedgepayments/contract'
import { expect } from 'vitest'
import { type Api, createPayment, untilAdmitted } from '../http/api.ts'
import { until } from '../until.ts'
import { reachableFrom } from './lifecycle.ts'

/** Creates a payment, initiates it, waits until it has succeeded, and returns it. */
export async function createPaid(
  api: Api,
  { token = 'tok_visa', ...more }: Record<string, unknown> & { token?: string } = {},
) {
  const { id } = await createPayment(api, more)
  const initiated = await untilAdmitted(() =>
    api('POST', `/v1/payments/${id}/initiate`, { body: { payment_method_token: token } }),
  )
  expect(initiated.status, initiated.text).toBe(200)
  return await untilStatus(api, id, 'succeeded')
}

/** Waits until a payment has a status, and returns the payment. Throws if it can no longer reach it. */
export async function untilStatus(api: Api, id: string, status: PaymentStatus) {
  return await until(`payment ${id} is ${status}`, async () => {
    const { body } = await api('GET', `/v1/payments/${id}`)
    if (body.status === status) return body
    if (!reachableFrom(body.status).has(status)) throw new Error(`payment ${id} is ${body.status}`)
    return null
  })
}

/** Types of a payment's events, oldest first. */
export async function eventTypes(api: Api, id: string): Promise<string[]> {
  const { body } = await api('GET', `/v1/payments/${id}/events?limit=100`)
  return body.data.map((event: { type: string }) => event.type).reverse()
}
