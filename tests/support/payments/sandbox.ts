import { expect } from 'vitest'
import { type Api, createPayment } from '../http/api.ts'
import { until } from '../until.ts'

/** Creates a payment and submits it; the answer of the latter. */
export async function initiate(api: Api, token: string, more: Record<string, unknown> = {}) {
  const payment = await createPayment(api, more)
  return await api('POST', `/v1/payments/${payment.id}/initiate`, {
    body: { payment_method_token: token },
  })
}

/** Waits until a payment has a status, and returns it. */
export async function reached(api: Api, id: string, status: string) {
  return await until(`payment ${id} is ${status}`, async () => {
    const { body } = await api('GET', `/v1/payments/${id}`)
    return body.status === status && body
  })
}

/** Types of a payment's events, oldest first. */
export async function timeline(api: Api, id: string): Promise<string[]> {
  const { body } = await api('GET', `/v1/payments/${id}/events?limit=100`)
  return body.data.map((event: { type: string }) => event.type).reverse()
}

/** What the processor was asked and what it answered, oldest first: `capture unknown`. */
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

/** What a customer does on the page of the challenge. */
export async function answerChallenge(url: string, wanted: 'confirm' | 'refuse') {
  return await fetch(`${url}/${wanted}`, { method: 'POST', redirect: 'manual' })
}
