import { expect } from 'vitest'
import type { Sql } from '../../support/databases/sql.ts'
import { type Api, createPayment } from '../../support/http/api.ts'

/** Creates a payment that waits for its capture by a request. */
export async function createAuthorized(api: Api, more: Record<string, unknown> = {}) {
  const payment = await createPayment(api, {
    capture_method: 'manual',
    payment_method_token: 'tok_visa',
    initiate: true,
    ...more,
  })
  expect(payment.status).toBe('initiated')
  return payment
}

/** Asks to capture a payment: all of it, or `amount`. */
export async function capture(
  api: Api,
  id: string,
  { amount, idempotencyKey }: { amount?: unknown; idempotencyKey?: string } = {},
) {
  return await api('POST', `/v1/payments/${id}/capture`, {
    ...(amount === undefined ? {} : { body: { amount } }),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  })
}

/** The amounts that the sandbox has captured of a payment. */
export async function capturedAmounts(sql: Sql, id: string): Promise<number[]> {
  const rows = await sql.query<{ amount: number }>(
    `select amount from sandbox_movements where payment_id = $1 and kind = 'capture'`,
    [id],
  )
  return rows.map(({ amount }) => amount)
}
