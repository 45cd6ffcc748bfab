import { isId, operations } from '@hedgepayments/contract'
import type { FastifyInstance } from 'fastify'
import type { Db } from '../../database/db.ts'
import { answer } from '../../http/answers/answer.ts'
import { implement } from '../../http/implement.ts'
import { once } from '../../idempotency/once.ts'
import { paymentNotFound } from '../../payments/transition/refusals.ts'
import { findPayment } from '../../payments/view/payments.sql.ts'
import { type ClientTokens, readClientToken } from './client-tokens.ts'

/** Creates client tokens, and allows pages of any origin to use them. */
export function clientTokenRoutes(
  app: FastifyInstance,
  { db, tokens }: { db: Db; tokens: ClientTokens },
): void {
  implement(app, operations.createClientToken, (request) =>
    once(db, request, async (tx) => {
      const { auth, body } = request
      const id = body.payment_id
      const row = isId('payment', id) ? await findPayment(tx, { account: auth, id }) : undefined
      return row ? answer(201, await tokens.create(auth, id, Date.now())) : paymentNotFound(id)
    }),
  )

  // The browser's preflight request: the page is on the merchant's site.
  app.options(operations.retrievePayment.path, (_, reply) =>
    reply
      .code(204)
      .headers({
        'access-control-allow-origin': '*',
        'access-control-allow-methods': 'GET',
        'access-control-allow-headers': 'authorization',
        'access-control-max-age': '600',
      })
      .send(),
  )
  app.addHook('onSend', async (request, reply) => {
    const isRead = request.routeOptions.config?.operation?.id === operations.retrievePayment.id
    if (isRead && readClientToken(request)) reply.header('access-control-allow-origin', '*')
  })
}
