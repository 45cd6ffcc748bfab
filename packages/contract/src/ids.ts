import { type TUnsafe, Type } from 'typebox'

declare const brand: unique symbol
type Id<Kind extends string> = string & { readonly [brand]: Kind }

export type PaymentId = Id<'payment'>
export type DisputeId = Id<'dispute'>
export type RefundId = Id<'refund'>
export type MerchantId = Id<'merchant'>
export type KeyId = Id<'key'>
export type EventId = Id<'event'>
export type CancellationId = Id<'cancellation'>
export type WebhookEndpointId = Id<'webhookEndpoint'>
export type DeliveryId = Id<'delivery'>
export type AuditEntryId = Id<'auditEntry'>
export type CheckoutSessionId = Id<'checkoutSession'>

/** The prefixes of all ids. */
export const idPrefixes = {
  payment: 'pay_',
  refund: 'ref_',
  dispute: 'dp_',
  customer: 'cust_',
  event: 'evt_',
  webhookEndpoint: 'whe_',
  delivery: 'whd_',
  merchant: 'merch_',
  key: 'key_',
  checkoutSession: 'cs_',
  cancellation: 'can_',
  auditEntry: 'aud_',
  request: 'req_',
} as const

export type IdKind = keyof typeof idPrefixes

/** Whether a text has the form of an id: its prefix, then lower-case letters and digits. */
export function isId(kind: IdKind, value: string): boolean {
  const prefix = idPrefixes[kind]
  return (
    value.length <= 64 && value.startsWith(prefix) && suffixShape.test(value.slice(prefix.length))
  )
}

const suffixShape = /^[0-9a-z]+$/

/** The schema of an id in an answer. */
export function idSchema<T extends string = string>(kind: IdKind, description: string): TUnsafe<T> {
  return Type.Unsafe<T>({
    type: 'string',
    pattern: `^${idPrefixes[kind]}[0-9a-z]+$`,
    description,
    examples: [`${idPrefixes[kind]}abc123xyz`],
  })
}
