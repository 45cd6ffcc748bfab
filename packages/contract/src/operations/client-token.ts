import { defineOperation } from '../operation.ts'
import { ClientToken, ClientTokenCreate } from '../resources/checkout.ts'

export const createClientToken = defineOperation({
  id: 'createClientToken',
  method: 'POST',
  path: '/v1/auth/client-token',
  tag: 'API keys',
  summary: 'Create a token that lets a browser read one payment for 15 minutes',
  description:
    'The token is a JWT. Send it as `Authorization: Bearer …` to `GET /v1/payments/:id`, from any ' +
    'origin. It has no other permission, and becomes invalid with the key that created it.',
  scope: 'payments:read',
  body: ClientTokenCreate,
  responses: { 201: ClientToken },
  errors: ['not_found'],
})
