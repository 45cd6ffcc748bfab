import { defineOperation } from '../operation.ts'
import { ClientToken, ClientTokenCreate } from '../resources/checkout.ts'

export const createClientToken = defineOperation({
  id: 'createClientToken',
  method: 'POST',
  path: '/v1/auth/client-token',
  tag: 'API keys',
  summary: 'Create a token with which a browser can read one payment, for 15 minutes',
  description:
    'A JWT to be sent as `Authorization: Bearer …` to `GET /v1/payments/:id`, from any origin. It ' +
    'can do nothing else, and ends with the key that made it.',
  scope: 'payments:read',
  body: ClientTokenCreate,
  responses: { 201: ClientToken },
  errors: ['not_found'],
})
