/** The input of a program. */
export interface Given {
  readonly url: string
  readonly key: string
  /** The body of a webhook with the event `payment.canceled`. */
  readonly webhook: string
}

const shared = `
interface Given { url: string; key: string; webhook: string }
const wanted = {
  amount: 9999,
  currency: 'USD',
  customer_email: 'a&b@example.com',
  description: 'Coffee 😀',
}
function fail(what: string): never {
  throw new Error(what)
}
`

/** A program that uses `openapi-typescript` with its own client. */
const openapiTypescript = `
import createClient from 'openapi-fetch'
import type { components, paths, webhooks } from './api.ts'
${shared}
type Schemas = components['schemas']
type Canceled = webhooks['payment.canceled']['post']['requestBody']['content']['application/json']

export async function run({ url, key, webhook }: Given) {
  const client = createClient<paths>({ baseUrl: url, headers: { authorization: 'Bearer ' + key } })
  const body: Schemas['PaymentCreate'] = wanted
  const header = { 'Idempotency-Key': crypto.randomUUID() }
  const created = await client.POST('/v1/payments', { params: { header }, body })
  if (!created.data) return fail(created.error.error.message)
  const path = { id: created.data.id }
  const retrieved = await client.GET('/v1/payments/{id}', { params: { path } })
  const canceled = await client.POST('/v1/payments/{id}/cancel', { params: { path } })
  const query = { status: ['canceled' as const], created_at: { gte: '2024-06-15T10:32:00Z' } }
  const listed = await client.GET('/v1/payments', { params: { query } })
  const again = await client.POST('/v1/payments/{id}/cancel', { params: { path }, body: {} })
  const refusal = again.error?.error
  if (refusal?.code !== 'payment_not_cancelable') return fail('no refusal')
  const invalid = await client.POST('/v1/payments', { body: { ...body, amount: 0 } })
  const fault = invalid.error?.error
  if (fault?.code !== 'invalid_amount') return fail('no fault')
  const event: Schemas['Event'] = JSON.parse(webhook)
  if (event.type === 'checkout.completed') return fail(event.data.payment_method_types.join())
  if (event.type !== 'payment.canceled') return fail(event.type)
  const typed: Canceled = event
  return {
    created: created.data.description,
    isRetrieved: retrieved.data?.id === path.id,
    canceled: canceled.data?.status,
    isListed: listed.data?.data.some(({ id }) => id === path.id),
    refused: refusal.details.current_status,
    invalid: fault.details.field,
    event: typed.data.description,
  }
}
`

/** A program that uses the client of `hey-api`, which checks requests and answers by its zod schemas. */
const heyApi = `
import * as hedge from './hey'
import { createClient, createConfig } from './hey/client'
import type { Event, OnPaymentCanceledWebhookPayload, PaymentCreate } from './hey'
import { zOnPaymentCanceledWebhookRequest, zEvent } from './hey/zod.gen'
${shared}
export async function run({ url, key, webhook }: Given) {
  const client = createClient(createConfig<hedge.ClientOptions>({ baseUrl: url, auth: key }))
  const body: PaymentCreate = wanted
  const headers = { 'Idempotency-Key': crypto.randomUUID() }
  const created = await hedge.createPayment({ client, body, headers })
  if (!created.data) return fail(JSON.stringify(created.error))
  const path = { id: created.data.id }
  const retrieved = await hedge.retrievePayment({ client, path })
  const canceled = await hedge.cancelPayment({ client, path })
  const query = { status: ['canceled' as const], created_at: { gte: '2024-06-15T10:32:00Z' } }
  const listed = await hedge.listPayments({ client, query })
  const again = await hedge.cancelPayment({ client, path, body: {} })
  const refusal = again.error && 'error' in again.error ? again.error.error : undefined
  if (refusal?.code !== 'payment_not_cancelable') return fail('no refusal')
  const refund = await hedge.refundPayment({ client, path, body: { amount: 1 } })
  const fault = refund.error && 'error' in refund.error ? refund.error.error : undefined
  if (fault?.code !== 'payment_not_refundable') return fail('no fault')
  const event: Event = zEvent.parse(JSON.parse(webhook))
  if (event.type === 'checkout.completed') return fail(event.data.payment_method_types.join())
  if (event.type !== 'payment.canceled') return fail(event.type)
  const typed: OnPaymentCanceledWebhookPayload = event
  return {
    created: created.data.description,
    isRetrieved: retrieved.data?.id === path.id,
    canceled: canceled.data?.status,
    isListed: listed.data?.data.some(({ id }) => id === path.id),
    refused: refusal.details.current_status,
    invalid: fault.details.current_status,
    event: typed.data.description,
  }
}
`

/** A program that uses the client of `orval` and checks requests and answers by its zod schemas. */
const orval = `
import * as hedge from './client'
import * as schemas from './schemas'
${shared}
export async function run({ key, webhook }: Given) {
  const headers = { authorization: 'Bearer ' + key }
  const body: hedge.PaymentCreate = schemas.CreatePaymentBody.parse(wanted)
  const created = await hedge.createPayment(body, {
    headers: { ...headers, 'Idempotency-Key': crypto.randomUUID() },
  })
  if (created.status !== 201) return fail(created.data.error.message)
  const { id, description } = schemas.CreatePaymentResponse.parse(created.data)
  const retrieved = await hedge.retrievePayment(id, { headers })
  const canceled = await hedge.cancelPayment(id, {}, { headers })
  if (canceled.status !== 200) return fail(canceled.data.error.message)
  const listed = await hedge.listPayments({ status: ['canceled'] }, { headers })
  if (listed.status !== 200) return fail(listed.data.error.message)
  const again = await hedge.cancelPayment(id, { reason: '😀' }, { headers })
  if (again.status !== 412) return fail('no refusal')
  const refusal = again.data.error
  if (refusal.code !== 'payment_not_cancelable') return fail('no refusal')
  const invalid = await hedge.createPayment({ ...body, amount: 0 }, { headers })
  if (invalid.status !== 422) return fail('no fault')
  const fault = invalid.data.error
  const event: hedge.Event = schemas.RetrieveEventResponse.parse(JSON.parse(webhook))
  if (event.type === 'checkout.completed') return fail(event.data.payment_method_types.join())
  if (event.type !== 'payment.canceled') return fail(event.type)
  const typed: hedge.PaymentCanceledEvent = event
  return {
    created: description,
    isRetrieved: retrieved.status === 200 && retrieved.data.id === id,
    canceled: schemas.CancelPaymentResponse.parse(canceled.data).status,
    isListed: schemas.ListPaymentsResponse.parse(listed.data).data.some((one) => one.id === id),
    refused: refusal.details.current_status,
    invalid: fault.code === 'invalid_amount' ? fault.details.field : fault.code,
    event: typed.data.description,
  }
}
`

/**
 * A program for each generator, written as a user would write it: without casts and `any`. It is
 * compiled as strict, so the types are tested too: fields with defaults are left out, errors are
 * narrowed by `code`, events by `type`.
 */
export const programs = {
  'openapi-typescript': openapiTypescript,
  'hey-api': heyApi,
  orval,
} as const

export type Generator = keyof typeof programs
