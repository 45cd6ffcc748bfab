import { type Static, Type } from 'typebox'
import { amountMinorMax } from '../amounts.ts'
import { idSchema, type MerchantId, type PaymentId } from '../ids.ts'
import { amountSchema, currencyInputSchema } from '../money.ts'
import { paymentActions, paymentStatuses } from '../statuses.ts'
import { nullable, oneOf, text, timestamp, timestampInput, webUrl } from '../text.ts'
import { pageQuery } from './list.ts'
import { Refund } from './refund.ts'

export const paymentMethods = ['card', 'ach', 'crypto'] as const
export type PaymentMethod = (typeof paymentMethods)[number]

/** Longest undo window, in seconds: a week. Source: api.md, Payments. */
export const cancelWindowSecondsMax = 604_800

/** Longest cancellation reason, in characters. Source: api.md, "Cancel, exactly". */
export const reasonLengthMax = 500

export const Metadata = Type.Unsafe<Record<string, string>>({
  type: 'object',
  maxProperties: 50,
  propertyNames: { minLength: 1, maxLength: 40, pattern: '^[^\\u0000\\ud800-\\udfff]*$' },
  additionalProperties: text({ maxLength: 500, description: 'A value of yours.' }),
  description: 'Up to 50 pairs of your own: key up to 40 characters, value up to 500.',
})

/** Metadata as it is returned: the limits were checked when it came in. */
export const StoredMetadata = Type.Unsafe<Record<string, string>>({
  type: 'object',
  additionalProperties: { type: 'string' },
  description: 'Your own pairs.',
})

/** What the customer has to do before the processor decides, e.g. 3-D Secure. */
export const NextAction = Type.Object(
  {
    type: Type.Literal('redirect_to_url'),
    url: Type.String({ description: 'Where the customer has to go; comes back to the page.' }),
  },
  { title: 'NextAction', additionalProperties: false },
)

const paymentMethodToken = text({
  minLength: 1,
  maxLength: 255,
  description:
    'What to pay with: a token, e.g. `tok_visa`, of ASCII letters, digits and `_.:~+/=$-`. In test ' +
    'mode also the number of a test card, or `routing:account` of a test account; of these only the ' +
    'token is kept. Whatever else may hold the number of a card is refused.',
})

export const Payment = Type.Object(
  {
    id: idSchema<PaymentId>('payment', 'Id of the payment.'),
    object: Type.Literal('payment'),
    livemode: Type.Boolean({ description: 'Whether real money moves.' }),
    amount: Type.Integer({ description: 'Minor units.', minimum: 1, maximum: amountMinorMax }),
    currency: Type.String({ description: 'ISO 4217, upper case.' }),
    status: oneOf(paymentStatuses, { description: 'Where the payment is in its life.' }),
    cancelable: Type.Boolean({ description: 'Whether a cancel would succeed now.' }),
    cancelable_until: nullable(
      timestamp('End of the undo window: until then an initiated payment waits.'),
    ),
    cancel_window: Type.Integer({ description: 'Undo window in seconds.' }),
    allowed_actions: Type.Array(oneOf(paymentActions, { description: 'An action.' }), {
      description: 'What can be done to the payment now.',
    }),
    payment_method: oneOf(paymentMethods, { description: 'How the customer pays.' }),
    customer_email: Type.String({ description: 'E-mail of the customer.' }),
    customer_id: nullable(Type.String({ description: 'Your id of the customer.' })),
    description: nullable(Type.String({ description: 'What is paid for.' })),
    statement_descriptor: nullable(Type.String({ description: 'Text on the bank statement.' })),
    merchant_id: idSchema<MerchantId>('merchant', 'Whose payment it is.'),
    metadata: StoredMetadata,
    refunded_amount: Type.Integer({ description: 'Minor units given back so far.' }),
    fee: nullable(Type.Integer({ description: 'Fee in minor units, once succeeded.' })),
    net_amount: nullable(Type.Integer({ description: 'Amount less fee, once succeeded.' })),
    refunds: Type.Array(Refund, { description: 'Refunds, oldest first.' }),
    failure_code: nullable(Type.String({ description: 'Why it failed, for programs.' })),
    failure_message: nullable(Type.String({ description: 'Why it failed, for people.' })),
    cancellation_reason: nullable(Type.String({ description: 'The reason given with cancel.' })),
    canceled_at: nullable(timestamp('When it was canceled.')),
    settled: Type.Boolean({ description: 'Whether the money has reached the merchant.' }),
    settled_at: nullable(timestamp('When it was settled.')),
    success_url: nullable(Type.String({ description: 'Where the customer goes after paying.' })),
    cancel_url: nullable(Type.String({ description: 'Where the customer goes to give up.' })),
    url: Type.String({ description: 'The hosted payment page.' }),
    next_action: nullable(NextAction),
    expires_at: timestamp('When a pending payment is canceled by itself.'),
    created_at: timestamp('When it was created.'),
    updated_at: timestamp('When it last changed.'),
  },
  { title: 'Payment', additionalProperties: false },
)
export type Payment = Static<typeof Payment>

export const PaymentCreate = Type.Object(
  {
    amount: amountSchema,
    currency: currencyInputSchema,
    customer_email: Type.String({
      format: 'email',
      maxLength: 254,
      description: 'E-mail of the customer.',
      examples: ['customer@example.com'],
    }),
    payment_method: Type.Optional(
      oneOf(paymentMethods, { description: 'How the customer pays.', default: 'card' }),
    ),
    payment_method_token: Type.Optional(paymentMethodToken),
    initiate: Type.Optional(
      Type.Boolean({ description: 'Submit it at once; needs `payment_method_token`.' }),
    ),
    customer_id: Type.Optional(
      nullable(text({ minLength: 1, maxLength: 255, description: 'Your id of the customer.' })),
    ),
    description: Type.Optional(
      nullable(text({ maxLength: 1000, description: 'What is paid for.' })),
    ),
    statement_descriptor: Type.Optional(
      nullable(
        Type.String({
          minLength: 1,
          maxLength: 22,
          pattern: '^[\\u0020-\\u007e]*$',
          description: 'Text on the bank statement: 1 to 22 printable ASCII characters.',
        }),
      ),
    ),
    metadata: Type.Optional(Metadata),
    success_url: Type.Optional(nullable(webUrl('Where the customer goes after paying.'))),
    cancel_url: Type.Optional(nullable(webUrl('Where the customer goes to give up.'))),
    expires_at: Type.Optional(
      timestampInput('When the payment, still pending, is canceled: by default in one hour.'),
    ),
    cancel_window: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: cancelWindowSecondsMax,
        description:
          'Undo window in seconds after it was initiated; the merchant sets the default. Its end is ' +
          'rounded up to a whole second: it is never shorter than asked.',
      }),
    ),
  },
  { title: 'PaymentCreate', additionalProperties: false },
)
export type PaymentCreate = Static<typeof PaymentCreate>

export const PaymentInitiate = Type.Object(
  { payment_method_token: Type.Optional(paymentMethodToken) },
  { title: 'PaymentInitiate', additionalProperties: false },
)

const reason = Type.Optional(
  nullable(
    text({ maxLength: reasonLengthMax, description: 'Cancellation reason for your records.' }),
  ),
)

export const PaymentCancel = Type.Object(
  { reason },
  { title: 'PaymentCancel', additionalProperties: false },
)
export type PaymentCancel = Static<typeof PaymentCancel>

/** Longest idempotency key, in characters. Source: api.md, Idempotency. */
export const idempotencyKeyLengthMax = 255

export const PaymentCancelByKey = Type.Object(
  {
    idempotency_key: Type.String({
      minLength: 1,
      // Quoted and with each of its characters escaped it is longer.
      maxLength: 2 * idempotencyKeyLengthMax + 2,
      pattern: '^[\\u0020-\\u007e]+$',
      description:
        'The Idempotency-Key that the create was, or will be, sent with: as its header has it, or ' +
        'without its quotes.',
    }),
    reason,
  },
  { title: 'PaymentCancelByKey', additionalProperties: false },
)
export type PaymentCancelByKey = Static<typeof PaymentCancelByKey>

/** The promise to cancel a payment whose create has not arrived yet. */
export const PendingCancellation = Type.Object(
  {
    object: Type.Literal('pending_cancellation'),
    livemode: Type.Boolean(),
    idempotency_key: Type.String({ description: 'Key of the create that is waited for.' }),
    reason: nullable(Type.String({ description: 'The reason given.' })),
    created_at: timestamp('When it was promised.'),
    expires_at: timestamp('A create that comes later than this is no longer canceled.'),
  },
  { title: 'PendingCancellation', additionalProperties: false },
)
export type PendingCancellation = Static<typeof PendingCancellation>

export const CreatedRange = Type.Object(
  {
    gte: Type.Optional(timestampInput('At or after.')),
    gt: Type.Optional(timestampInput('After.')),
    lte: Type.Optional(timestampInput('At or before.')),
    lt: Type.Optional(timestampInput('Before.')),
  },
  { title: 'CreatedRange', additionalProperties: false },
)

/** What payments can be filtered by, in lists and in bulk cancellations. */
export const paymentFilter = {
  status: Type.Optional(
    Type.Array(oneOf(paymentStatuses, { description: 'A status.' }), {
      minItems: 1,
      maxItems: paymentStatuses.length,
      description: 'One or several statuses; in a query repeated, or with commas between them.',
    }),
  ),
  customer_email: Type.Optional(
    text({
      maxLength: 254,
      description: 'E-mail. The case of the letters A to Z does not matter.',
    }),
  ),
  customer_id: Type.Optional(text({ maxLength: 255, description: 'Your id of the customer.' })),
  amount: Type.Optional(
    Type.Integer({ minimum: 1, maximum: amountMinorMax, description: 'Exactly this amount.' }),
  ),
  created_at: Type.Optional(CreatedRange),
  metadata: Type.Optional(Metadata),
}

export const PaymentListQuery = Type.Object(
  { ...pageQuery, ...paymentFilter },
  { title: 'PaymentListQuery', additionalProperties: false },
)
export type PaymentListQuery = Static<typeof PaymentListQuery>

export const PaymentFilter = Type.Object(paymentFilter, {
  title: 'PaymentFilter',
  additionalProperties: false,
})
export type PaymentFilter = Static<typeof PaymentFilter>
