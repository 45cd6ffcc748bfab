import { expect } from 'vitest'
import type { Sql } from '../databases/sql.ts'
import { type Api, createPayment } from '../http/api.ts'

/** Creates a payment and initiates it. Returns the answer to the initiate. */
export async function initiate(api: Api, token: string, more: Record<string, unknown> = {}) {
  const payment = await createPayment(api, more)
  return await api('POST', `/v1/payments/${payment.id}/initiate`, {
    body: { payment_method_token: token },
  })
}

/** The calls to the processor with their outcomes, oldest first, such as `capture unknown`. */
export async function attempts(api: Api, id: string): Promise<string[]> {
  const { body } = await api('GET', `/v1/payments/${id}/attempts?limit=100`)
  return body.data
    .map((attempt: { kind: string; outcome: string }) => `${attempt.kind} ${attempt.outcome}`)
    .reverse()
}

/** Jumps the test clock ahead. */
export async function advance(api: Api, seconds: number): Promise<void> {
  const { status } = await api('POST', '/v1/test/clock/advance', { body: { seconds } })
  expect(status).toBe(200)
}

/** Answers the 3-D Secure challenge as a customer does on its page. */
export async function answerChallenge(url: string, wanted: 'confirm' | 'refuse') {
  return await fetch(`${url}/${wanted}`, { method: 'POST', redirect: 'manual' })
}

/** The movements of a payment's money at the sandbox, oldest first. */
export async function movements(sql: Sql, paymentId: string): Promise<string[]> {
  const rows = await sql.query<{ kind: string }>(
    'select kind from sandbox_movements where payment_id = $1 order by position',
    [paymentId],
  )
  return rows.map(({ kind }) => kind)
}
