import { type Static, Type } from 'typebox'
import { type CheckoutSessionId, idSchema, type PaymentId } from '../ids.ts'
import { amountMinorMax } from '../money/amounts.ts'
import { amountSchema, currencyInputSchema } from '../money/money.ts'
import {
  constant,
  emailAddress,
  nullable,
  oneOf,
  returnUrl,
  text,
  timestamp,
  timestampInput,
} from '../text.ts'
import { paymentStatuses } from '../values.ts'
import { Metadata, StoredMetadata } from './metadata.ts'
import { cancelWindowSecondsMax, captureMethods, statementDescriptor } from './payments/payment.ts'

/** `open`: the customer can pay. `complete`: the customer has paid. `expired`: too late to pay. */
export const checkoutStatuses = ['open', 'complete', 'expired'] as const
export type CheckoutStatus = (typeof checkoutStatuses)[number]

/** The payment methods of the hosted page. */
export const checkoutMethods = ['card', 'ach'] as const
export type CheckoutMethod = (typeof checkoutMethods)[number]

const paymentMethodTypes = Type.Array(
  oneOf(checkoutMethods, { description: 'A payment method.' }),
  {
    minItems: 1,
    uniqueItems: true,
    description: 'The payment methods that the customer can choose. The first is preselected.',
  },
)

export const CheckoutSession = Type.Object(
  {
    id: idSchema<CheckoutSessionId>('checkoutSession', 'The id of the session.'),
    object: constant('checkout_session'),
    livemode: Type.Boolean({ description: 'Whether real money moves.' }),
    status: oneOf(checkoutStatuses, {
      description:
        '`open`: the customer can pay. `complete`: the customer has paid. ' +
        '`expired`: the session can no longer be paid.',
    }),
    url: Type.String({ description: 'The hosted page. Redirect the customer to it.' }),
    payment_id: nullable(
      idSchema<PaymentId>(
        'payment',
        'The payment of the latest attempt. A declined payment is final, so each attempt is a new ' +
          "payment. `null` until the customer's email address is known.",
      ),
    ),
    payment_status: nullable(
      oneOf(paymentStatuses, { description: 'The status of that payment.' }),
    ),
    amount: Type.Integer({ description: 'Minor units.', minimum: 1, maximum: amountMinorMax }),
    currency: Type.String({ description: 'ISO 4217, upper case.' }),
    customer_email: nullable(Type.String({ description: "The customer's email address." })),
    customer_id: nullable(Type.String({ description: 'Your id of the customer.' })),
    description: nullable(Type.String({ description: 'The description.' })),
    statement_descriptor: nullable(Type.String({ description: 'Text on the bank statement.' })),
    metadata: StoredMetadata,
    payment_method_types: paymentMethodTypes,
    cancel_window: Type.Integer({ description: 'The cancel window of its payments, in seconds.' }),
    capture_method: oneOf(captureMethods, {
      description: 'When the money of its payments is taken.',
    }),
    success_url: nullable(
      Type.String({ description: 'The page for the customer after the payment.' }),
    ),
    cancel_url: nullable(
      Type.String({ description: 'The page for the customer who does not want to pay.' }),
    ),
    expires_at: timestamp('When an open session expires.'),
    completed_at: nullable(timestamp('When the customer had paid.')),
    created_at: timestamp('When it was created.'),
    updated_at: timestamp('When it last changed.'),
  },
  { title: 'CheckoutSession', description: 'A checkout session.', additionalProperties: false },
)
export type CheckoutSession = Static<typeof CheckoutSession>

export const CheckoutSessionCreate = Type.Object(
  {
    amount: amountSchema,
    currency: currencyInputSchema,
    customer_email: Type.Optional(
      nullable(emailAddress("The customer's email address. If omitted, the page asks for it.")),
    ),
    customer_id: Type.Optional(
      nullable(text({ minLength: 1, maxLength: 255, description: 'Your id of the customer.' })),
    ),
    description: Type.Optional(
      nullable(text({ maxLength: 1000, description: 'A description that the customer sees.' })),
    ),
    statement_descriptor: statementDescriptor,
    metadata: Type.Optional(Metadata),
    payment_method_types: Type.Optional(paymentMethodTypes),
    cancel_window: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: cancelWindowSecondsMax,
        description: "The cancel window of its payments, in seconds. Default: the merchant's.",
      }),
    ),
    capture_method: Type.Optional(
      oneOf(captureMethods, {
        description:
          'When the money of its payments is taken. `manual`: by your request to capture.',
        default: 'automatic',
      }),
    ),
    success_url: Type.Optional(nullable(returnUrl('The page for the customer after the payment.'))),
    cancel_url: Type.Optional(
      nullable(returnUrl('The page for the customer who does not want to pay.')),
    ),
    expires_at: Type.Optional(
      timestampInput(
        'When the session expires: one minute to one day from now. Default: in one hour.',
      ),
    ),
  },
  {
    title: 'CheckoutSessionCreate',
    description: 'The new checkout session.',
    additionalProperties: false,
  },
)
export type CheckoutSessionCreate = Static<typeof CheckoutSessionCreate>

export const ClientTokenCreate = Type.Object(
  {
    payment_id: text({ maxLength: 64, description: 'The payment that the token can read.' }),
  },
  {
    title: 'ClientTokenCreate',
    description: 'The payment of the token.',
    additionalProperties: false,
  },
)
export type ClientTokenCreate = Static<typeof ClientTokenCreate>

export const ClientToken = Type.Object(
  {
    object: constant('client_token'),
    livemode: Type.Boolean({ description: 'Whether real money moves.' }),
    payment_id: idSchema<PaymentId>('payment', 'The payment that the token can read.'),
    token: Type.String({
      description: 'The token, a JWT. The bearer token for `GET /v1/payments/:id`.',
    }),
    expires_at: timestamp('When the token expires: 15 minutes after its creation.'),
  },
  { title: 'ClientToken', description: 'A token of a browser.', additionalProperties: false },
)
export type ClientToken = Static<typeof ClientToken>
