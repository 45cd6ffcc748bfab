import { isId, operations } from '@hedgepayments/contract'
import type { FastifyInstance } from 'fastify'
import type { Db } from '../../database/db.ts'
import type { Account } from '../../domain/account.ts'
import { answer } from '../../http/answers/answer.ts'
import { type Refusal, refuse } from '../../http/answers/refusal.ts'
import { implement } from '../../http/implement.ts'
import { once } from '../../idempotency/once.ts'
import { readDatabaseTime } from '../../merchants/clock.sql.ts'
import type { Processors } from '../../processors/interface/processor.ts'
import { createSession } from './create.ts'
import { endIfOver, expiredByRequest, expireNow, type SessionWithPayment } from './end.ts'
import { renderSession } from './render.ts'
import { findSession } from './sessions.sql.ts'

/** Create, read and expire checkout sessions. */
export function checkoutRoutes(
  app: FastifyInstance,
  {
    db,
    processors,
    publicUrl,
  }: { db: Db; processors: Pick<Processors, 'rulesForNew'>; publicUrl: () => string },
): void {
  implement(app, operations.createCheckoutSession, async (request) => {
    // Before the transaction, because this uses another connection to the database.
    const rules = await processors.rulesForNew(request.auth)
    const given = { ...request, publicUrl: publicUrl(), rules }
    return await once(db, request, (tx) => createSession(tx, given))
  })

  implement(app, operations.retrieveCheckoutSession, async ({ auth, params: { id } }) => {
    const session = await find(db, auth, id)
    if (!session) return sessionNotFound()
    // By the clock of a server that is ahead, the session would expire too early.
    const now = await readDatabaseTime(db, auth)
    return answer(200, shown(await endIfOver(db, session, now)))
  })

  implement(app, operations.expireCheckoutSession, (request) =>
    once(db, request, async (tx) => {
      const { auth, params } = request
      const session = await find(tx, auth, params.id)
      if (!session) return sessionNotFound()
      const expired = await expireNow(tx, session, {
        ending: { actorType: 'api_key', actorId: auth.keyId, reason: expiredByRequest },
        now: await readDatabaseTime(tx, auth),
      })
      const { status } = expired.session
      return expired.hasExpired || status === 'open'
        ? answer(200, shown(expired))
        : notOpen(params.id, status)
    }),
  )
}

function shown({ session, payment }: SessionWithPayment) {
  return renderSession(session, payment?.status ?? null)
}

async function find(db: Db, account: Account, id: string) {
  return isId('checkoutSession', id) ? await findSession(db, { account, id }) : undefined
}

function notOpen(id: string, status: 'complete' | 'expired'): Refusal {
  return refuse(
    'checkout_session_not_open',
    `Checkout session ${id} cannot be expired. Current status: ${status}.`,
    { session_id: id, current_status: status },
  )
}

function sessionNotFound(): Refusal {
  return refuse('not_found', 'Checkout session not found.')
}
