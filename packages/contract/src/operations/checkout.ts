import { defineOperation } from '../operation.ts'
import { CheckoutSession, CheckoutSessionCreate } from '../resources/checkout.ts'

const tag = 'Checkout'

export const createCheckoutSession = defineOperation({
  id: 'createCheckoutSession',
  method: 'POST',
  path: '/v1/checkout/sessions',
  tag,
  summary: 'Create a checkout session: a hosted page for one payment',
  description:
    'The customer pays on the page at `url`. A declined attempt can be repeated until the session expires.',
  scope: 'payments:create',
  body: CheckoutSessionCreate,
  responses: { 201: CheckoutSession },
  errors: ['invalid_amount', 'invalid_currency'],
})

export const retrieveCheckoutSession = defineOperation({
  id: 'retrieveCheckoutSession',
  method: 'GET',
  path: '/v1/checkout/sessions/:id',
  tag,
  summary: 'Retrieve a checkout session',
  description: 'With the payment of its latest attempt.',
  scope: 'payments:read',
  responses: { 200: CheckoutSession },
  errors: [],
})

export const expireCheckoutSession = defineOperation({
  id: 'expireCheckoutSession',
  method: 'POST',
  path: '/v1/checkout/sessions/:id/expire',
  tag,
  summary: 'Expire an open checkout session and cancel its open payment',
  description:
    'The customer can no longer pay. A session that is `complete` or `expired` is refused with 412.',
  scope: 'payments:cancel',
  responses: { 200: CheckoutSession },
  errors: ['checkout_session_not_open'],
})
