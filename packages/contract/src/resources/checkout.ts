import { type Static, Type } from 'typebox'
import { amountMinorMax } from '../amounts.ts'
import { type CheckoutSessionId, idSchema, type PaymentId } from '../ids.ts'
import { amountSchema, currencyInputSchema } from '../money.ts'
import { paymentStatuses } from '../statuses.ts'
import { nullable, oneOf, text, timestamp, timestampInput, webUrl } from '../text.ts'
import { cancelWindowSecondsMax, Metadata, StoredMetadata } from './payment.ts'

/** `open`: the customer can pay; `complete`: they have; `expired`: they no longer can. */
export const checkoutStatuses = ['open', 'complete', 'expired'] as const
export type CheckoutStatus = (typeof checkoutStatuses)[number]

/** What the hosted page has a form for. */
export const checkoutMethods = ['card', 'ach'] as const
export type CheckoutMethod = (typeof checkoutMethods)[number]

/** Shortest life of a session, in seconds: a customer needs time to find a card. */
export const checkoutSecondsMin = 60

const paymentMethodTypes = Type.Array(oneOf(checkoutMethods, { description: 'A way to pay.' }), {
  minItems: 1,
  uniqueItems: true,
  description: 'What the customer can choose from, the first one chosen at first.',
})

export const CheckoutSession = Type.Object(
  {
    id: idSchema<CheckoutSessionId>('checkoutSession', 'Id of the session.'),
    object: Type.Literal('checkout_session'),
    livemode: Type.Boolean({ description: 'Whether real money moves.' }),
    status: oneOf(checkoutStatuses, {
      description:
        '`open`: the customer can pay; `complete`: the customer has done their part; ' +
        '`expired`: it can no longer be paid.',
    }),
    url: Type.String({ description: 'The hosted page: send the customer there.' }),
    payment_id: nullable(
      idSchema<PaymentId>(
        'payment',
        'The payment of the latest try. A declined payment is final, so each new try is a new ' +
          'payment. `null` until the customer has given their e-mail, where you gave none.',
      ),
    ),
    payment_status: nullable(oneOf(paymentStatuses, { description: 'Status of that payment.' })),
    amount: Type.Integer({ description: 'Minor units.', minimum: 1, maximum: amountMinorMax }),
    currency: Type.String({ description: 'ISO 4217, upper case.' }),
    customer_email: nullable(Type.String({ description: 'E-mail of the customer.' })),
    customer_id: nullable(Type.String({ description: 'Your id of the customer.' })),
    description: nullable(Type.String({ description: 'What is paid for.' })),
    statement_descriptor: nullable(Type.String({ description: 'Text on the bank statement.' })),
    metadata: StoredMetadata,
    payment_method_types: paymentMethodTypes,
    cancel_window: Type.Integer({ description: 'Undo window of its payments, in seconds.' }),
    success_url: nullable(Type.String({ description: 'Where the customer goes after paying.' })),
    cancel_url: nullable(Type.String({ description: 'Where the customer goes to give up.' })),
    expires_at: timestamp('When it expires by itself, still open.'),
    completed_at: nullable(timestamp('When the customer had done their part.')),
    created_at: timestamp('When it was created.'),
    updated_at: timestamp('When it last changed.'),
  },
  { title: 'CheckoutSession', additionalProperties: false },
)
export type CheckoutSession = Static<typeof CheckoutSession>

export const CheckoutSessionCreate = Type.Object(
  {
    amount: amountSchema,
    currency: currencyInputSchema,
    customer_email: Type.Optional(
      nullable(
        Type.String({
          format: 'email',
          maxLength: 254,
          description: 'E-mail of the customer; the page asks for it where it is left out.',
        }),
      ),
    ),
    customer_id: Type.Optional(
      nullable(text({ minLength: 1, maxLength: 255, description: 'Your id of the customer.' })),
    ),
    description: Type.Optional(
      nullable(text({ maxLength: 1000, description: 'What is paid for; the customer sees it.' })),
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
    payment_method_types: Type.Optional(paymentMethodTypes),
    cancel_window: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: cancelWindowSecondsMax,
        description: 'Undo window of its payments, in seconds; the merchant sets the default.',
      }),
    ),
    success_url: Type.Optional(
      nullable(
        webUrl('Where the customer goes after paying; `session_id` and `payment_id` are added.'),
      ),
    ),
    cancel_url: Type.Optional(nullable(webUrl('Where the customer goes to give up.'))),
    expires_at: Type.Optional(
      timestampInput('When it expires: in one minute to one day, by default in one hour.'),
    ),
  },
  { title: 'CheckoutSessionCreate', additionalProperties: false },
)
export type CheckoutSessionCreate = Static<typeof CheckoutSessionCreate>

export const ClientTokenCreate = Type.Object(
  {
    payment_id: text({ maxLength: 64, description: 'The payment that it may read.' }),
  },
  { title: 'ClientTokenCreate', additionalProperties: false },
)
export type ClientTokenCreate = Static<typeof ClientTokenCreate>

export const ClientToken = Type.Object(
  {
    object: Type.Literal('client_token'),
    livemode: Type.Boolean({ description: 'Whether real money moves.' }),
    payment_id: idSchema<PaymentId>('payment', 'The payment that it may read.'),
    token: Type.String({ description: 'The token, a JWT: the bearer of `GET /v1/payments/:id`.' }),
    expires_at: timestamp('When it ends: after 15 minutes.'),
  },
  { title: 'ClientToken', additionalProperties: false },
)
export type ClientToken = Static<typeof ClientToken>
