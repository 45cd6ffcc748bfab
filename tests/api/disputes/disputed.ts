import type { Api } from '../../support/http/api.ts'
import { createPaid } from '../../support/payments/paid.ts'
import { until } from '../../support/until.ts'

/** Creates a payment that its customer disputes, and returns the dispute. */
export async function createDisputed(api: Api, token = 'tok_createDispute', more: object = {}) {
  const { id } = await createPaid(api, { token, ...more })
  return await untilDispute(api, id, ['needs_response', 'won', 'lost'])
}

/** Waits until the only dispute of a payment has one of these statuses, and returns the dispute. */
export async function untilDispute(api: Api, paymentId: string, statuses: readonly string[]) {
  return await until(`the dispute of ${paymentId} is ${statuses.join(' or ')}`, async () => {
    const { body } = await api('GET', `/v1/disputes?payment=${paymentId}`)
    const [dispute] = body.data
    return statuses.includes(dispute?.status) ? dispute : null
  })
}

/** The types of the events about the disputes of a payment, oldest first. */
export async function disputeEvents(api: Api, paymentId: string): Promise<string[]> {
  const { body } = await api('GET', `/v1/payments/${paymentId}/events?limit=100`)
  const types: string[] = body.data.map((event: { type: string }) => event.type).reverse()
  return types.filter((type) => type === 'payment.disputed' || type.startsWith('dispute.'))
}
