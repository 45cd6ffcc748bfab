import { erasedEmail } from '@hedgepayments/contract'

/** What an erased field of an object of the API becomes. All of them may be so by the contract. */
const erasedFields: Readonly<Record<string, unknown>> = {
  customer_email: erasedEmail,
  customer_id: null,
  description: null,
  statement_descriptor: null,
  metadata: {},
  payment_method_details: null,
  failure_message: null,
  cancellation_reason: null,
  reason: null,
  success_url: null,
  cancel_url: null,
  next_action: null,
}

/** Fields of a payment filter that are left out. A filter has no empty values. */
const droppedFromFilter: ReadonlySet<string> = new Set(['customer_id', 'last4', 'metadata'])

/**
 * An object of the API, such as a payment with its refunds or a checkout session, without the data of its
 * customer. Other fields keep their values and their order.
 */
export function eraseTexts(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(eraseTexts)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => {
      if (name === 'filter') return [name, eraseFilter(field)]
      return [name, name in erasedFields ? erasedFields[name] : eraseTexts(field)]
    }),
  )
}

function eraseFilter(filter: unknown): unknown {
  if (typeof filter !== 'object' || filter === null) return filter
  const kept = Object.entries(filter).filter(([name]) => !droppedFromFilter.has(name))
  return { ...Object.fromEntries(kept), customer_email: erasedEmail }
}

/**
 * The stored answer to a request, without the data of the customer. Refusals have none: they name ids and
 * statuses.
 */
export function eraseAnswer(body: string): string {
  const parsed: unknown = JSON.parse(body)
  const isRefusal = typeof parsed === 'object' && parsed !== null && 'error' in parsed
  return isRefusal ? body : JSON.stringify(eraseTexts(parsed))
}
