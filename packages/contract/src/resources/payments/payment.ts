import { type Static, Type } from 'typebox'
import { type CheckoutSessionId, idSchema, type MerchantId, type PaymentId } from '../../ids.ts'
import { amountMinorMax } from '../../money/amounts.ts'
import { amountSchema, currencyInputSchema } from '../../money/money.ts'
import {
  constant,
  emailAddress,
  nullable,
  oneOf,
  patterns,
  returnUrl,
  text,
  timestamp,
  timestampInput,
} from '../../text.ts'
import { paymentActions, paymentStatuses } from '../../values.ts'
import { Metadata, StoredMetadata } from '../metadata.ts'
import { PaymentMethodDetails, paymentMethods } from './payment-method-details.ts'
import { Refund } from './refund.ts'

/** When a payment is captured: at the end of its cancel window, or by a request. */
export const captureMethods = ['automatic', 'manual'] as const
export type CaptureMethod = (typeof captureMethods)[number]

/** The maximum cancel window, in seconds: a week. */
export const cancelWindowSecondsMax = 604_800

/**
 * The address of a payment or session whose customer's data was erased. Nobody can have an address under
 * `.invalid` (RFC 2606).
 */
export const erasedEmail = 'erased@erased.invalid'

/** The maximum length of a cancellation reason, in characters. */
export const reasonLengthMax = 500

/** What the customer must do before the processor decides, such as 3-D Secure. */
const NextAction = Type.Object(
  {
    type: constant('redirect_to_url'),
    url: Type.String({
      description: 'The page to which the customer must go. It leads back to `url`.',
    }),
  },
  {
    title: 'NextAction',
    description: 'What the customer must do, such as 3-D Secure.',
    additionalProperties: false,
  },
)

const paymentMethodToken = text({
  minLength: 1,
  maxLength: 255,
  description:
    'The payment method: a token such as `tok_visa`, of ASCII letters, digits and `_.:~+/=$-`. Test ' +
    'mode also accepts the number of a test card, or `routing:account` of a test account, and stores ' +
    'only its token. Any other value that may contain a card number is refused.',
})

/** The statement descriptor of a request. */
export const statementDescriptor = Type.Optional(
  nullable(
    Type.String({
      minLength: 1,
      maxLength: 22,
      pattern: patterns.printableAscii,
      description:
        'Text on the bank statement: 1 to 22 printable ASCII characters. The processor may have further ' +
        'rules: Stripe and the sandbox want a letter, and none of `< > \\ \' " *`.',
    }),
  ),
)

export const Payment = Type.Object(
  {
    id: idSchema<PaymentId>('payment', 'The id of the payment.'),
    object: constant('payment'),
    livemode: Type.Boolean({ description: 'Whether real money moves.' }),
    amount: Type.Integer({ description: 'Minor units.', minimum: 1, maximum: amountMinorMax }),
    currency: Type.String({ description: 'ISO 4217, upper case.' }),
    status: oneOf(paymentStatuses, { description: 'The status of the payment.' }),
    cancelable: Type.Boolean({ description: 'Whether the payment can be canceled now.' }),
    cancelable_until: nullable(
      timestamp(
        'Until when an initiated payment can be canceled: the end of the cancel window, or of the ' +
          'authorization with `capture_method: manual`. Never later than the authorization ends.',
      ),
    ),
    cancel_window: Type.Integer({ description: 'The cancel window in seconds.' }),
    allowed_actions: Type.Array(oneOf(paymentActions, { description: 'An action.' }), {
      description: 'The actions that are possible now.',
    }),
    payment_method: oneOf(paymentMethods, { description: 'How the customer pays.' }),
    payment_method_details: nullable(PaymentMethodDetails),
    customer_email: Type.String({
      description: `The customer's email address. \`${erasedEmail}\` once it was erased.`,
    }),
    customer_id: nullable(Type.String({ description: 'Your id of the customer.' })),
    checkout_session_id: nullable(
      idSchema<CheckoutSessionId>('checkoutSession', 'The checkout session of the payment.'),
    ),
    description: nullable(Type.String({ description: 'The description.' })),
    statement_descriptor: nullable(Type.String({ description: 'Text on the bank statement.' })),
    merchant_id: idSchema<MerchantId>('merchant', 'The merchant.'),
    metadata: StoredMetadata,
    refunded_amount: Type.Integer({ description: 'Minor units refunded so far.' }),
    fee: nullable(Type.Integer({ description: 'The fee in minor units, once succeeded.' })),
    net_amount: nullable(
      Type.Integer({
        description:
          'The amount minus the fee, once succeeded. Of a returned payment: minus the fee, so negative.',
      }),
    ),
    refunds: Type.Array(Refund, { description: 'The refunds, oldest first.' }),
    failure_code: nullable(Type.String({ description: 'The code of the failure, for programs.' })),
    failure_message: nullable(
      Type.String({ description: 'The reason of the failure, for people.' }),
    ),
    cancellation_reason: nullable(
      Type.String({ description: 'The reason of the cancel request.' }),
    ),
    canceled_at: nullable(timestamp('When it was canceled.')),
    capture_method: oneOf(captureMethods, {
      description:
        'When the money is taken. `automatic`: when the cancel window ends. `manual`: by a request.',
    }),
    captured_amount: Type.Integer({ description: 'Minor units taken from the customer.' }),
    authorization_expires_at: nullable(
      timestamp(
        'When the authorization ends, and with it the wait for a manual capture. `null`: not authorized, ' +
          'or there is no end.',
      ),
    ),
    disputed: Type.Boolean({
      description:
        'Whether the customer disputes the payment, or has won a dispute. Such a payment cannot be ' +
        'refunded or reversed.',
    }),
    settled: Type.Boolean({ description: 'Whether the money has reached the merchant.' }),
    settled_at: nullable(timestamp('When it was settled.')),
    success_url: nullable(
      Type.String({ description: 'The page for the customer after the payment.' }),
    ),
    cancel_url: nullable(
      Type.String({ description: 'The page for the customer who does not want to pay.' }),
    ),
    url: Type.String({ description: 'The hosted page. Retries of a declined payment share it.' }),
    next_action: nullable(NextAction),
    expires_at: timestamp('When a pending payment is canceled automatically.'),
    created_at: timestamp('When it was created.'),
    updated_at: timestamp('When it last changed.'),
  },
  { title: 'Payment', description: 'A payment.', additionalProperties: false },
)
export type Payment = Static<typeof Payment>

export const PaymentCreate = Type.Object(
  {
    amount: amountSchema,
    currency: currencyInputSchema,
    customer_email: emailAddress("The customer's email address."),
    payment_method: Type.Optional(
      oneOf(paymentMethods, { description: 'How the customer pays.', default: 'card' }),
    ),
    payment_method_token: Type.Optional(paymentMethodToken),
    initiate: Type.Optional(
      Type.Boolean({
        description: 'Initiate the payment at once. Requires `payment_method_token`.',
      }),
    ),
    customer_id: Type.Optional(
      nullable(text({ minLength: 1, maxLength: 255, description: 'Your id of the customer.' })),
    ),
    description: Type.Optional(
      nullable(text({ maxLength: 1000, description: 'The description.' })),
    ),
    statement_descriptor: statementDescriptor,
    metadata: Type.Optional(Metadata),
    success_url: Type.Optional(nullable(returnUrl('The page for the customer after the payment.'))),
    cancel_url: Type.Optional(
      nullable(returnUrl('The page for the customer who does not want to pay.')),
    ),
    expires_at: Type.Optional(
      timestampInput('When a pending payment is canceled automatically. Default: in one hour.'),
    ),
    capture_method: Type.Optional(
      oneOf(captureMethods, {
        description:
          '`manual`: the payment stays `initiated` until you capture it, cancel it, or its ' +
          'authorization ends. The cancel window has no effect then.',
        default: 'automatic',
      }),
    ),
    cancel_window: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: cancelWindowSecondsMax,
        description:
          'The delay of the capture after `initiated`, in seconds. Until the window ends, the payment ' +
          "can be canceled. Its end is rounded up to a whole second. Default: the merchant's.",
      }),
    ),
  },
  { title: 'PaymentCreate', description: 'The new payment.', additionalProperties: false },
)
export type PaymentCreate = Static<typeof PaymentCreate>

export const PaymentInitiate = Type.Object(
  { payment_method_token: Type.Optional(paymentMethodToken) },
  { title: 'PaymentInitiate', description: 'The payment method.', additionalProperties: false },
)

const reason = Type.Optional(
  nullable(
    text({ maxLength: reasonLengthMax, description: 'The cancellation reason, for your records.' }),
  ),
)

export const PaymentCancel = Type.Object(
  { reason },
  {
    title: 'PaymentCancel',
    description: 'Why the payment is canceled.',
    additionalProperties: false,
  },
)
export type PaymentCancel = Static<typeof PaymentCancel>

/** The maximum length of an idempotency key, in characters. */
export const idempotencyKeyLengthMax = 255

export const PaymentCancelByKey = Type.Object(
  {
    idempotency_key: Type.String({
      minLength: 1,
      // The quoted form, with every character escaped, is longer.
      maxLength: 2 * idempotencyKeyLengthMax + 2,
      pattern: patterns.printableAscii,
      description:
        'The Idempotency-Key of the create, which may have arrived already or not. With or without ' +
        "the header's quotes.",
    }),
    reason,
  },
  {
    title: 'PaymentCancelByKey',
    description: 'The idempotency key of the create.',
    additionalProperties: false,
  },
)
export type PaymentCancelByKey = Static<typeof PaymentCancelByKey>

/** A cancel whose create has not arrived yet. */
export const PendingCancellation = Type.Object(
  {
    object: constant('pending_cancellation'),
    livemode: Type.Boolean({ description: 'Whether real money moves.' }),
    idempotency_key: Type.String({ description: 'The idempotency key of the create.' }),
    reason: nullable(Type.String({ description: 'The reason of the request.' })),
    created_at: timestamp('When the cancel was accepted.'),
    expires_at: timestamp('If the create arrives before this time, its payment is canceled.'),
  },
  {
    title: 'PendingCancellation',
    description: 'The create has not arrived yet. Its payment will be canceled.',
    additionalProperties: false,
  },
)
export type PendingCancellation = Static<typeof PendingCancellation>
