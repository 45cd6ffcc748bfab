import type { CheckoutMethod } from '@hedgepayments/contract'
import type { Db } from '../../database/connect.ts'
import { retryConflicts } from '../../database/retry.ts'
import type { CheckoutSessionRow, PaymentRow } from '../../database/schema.ts'
import type { Account } from '../../domain/account.ts'
import { isAllowed } from '../../domain/lifecycle.ts'
import type { PaymentToken } from '../../domain/payment-token.ts'
import type { Timestamp } from '../../domain/time.ts'
import { plusSeconds } from '../../domain/time.ts'
import { answer, type Reply } from '../../http/answers/answer.ts'
import { type Refusal, refuseField } from '../../http/answers/refusal.ts'
import type { Tx } from '../../idempotency/once.ts'
import { readDatabaseTime } from '../../merchants/clock.sql.ts'
import { cancelInTransaction } from '../../payments/cancel/cancel.ts'
import type { Submitter } from '../../payments/submit/submission.ts'
import { submitPayment } from '../../payments/submit/submit.ts'
import { statusOf } from '../sessions/outcome.ts'
import { insertTry } from '../sessions/payment-of-try.ts'
import { lookBy } from '../sessions/sessions.sql.ts'
import { lockBoth } from '../sessions/settle.ts'
import { canTryAgain, type PageSubject } from './page-state.ts'

/** What the customer decided. The token was made of what they typed, which is gone by now. */
export interface Order {
  readonly method: CheckoutMethod
  readonly token: PaymentToken
  /** Where the merchant has not given it. */
  readonly email: string | null
}

/** Reason of a payment that the customer left for another way to pay. */
const otherMethod = 'payment_method_changed'
/** A try that was begun is over by then, or its process is gone. */
const lookAfterSeconds = 30

/**
 * Submits the subject's payment; for a session whose last try was declined, a new one. What comes
 * of it is in the database: a refusal here only says why nothing was tried.
 */
export async function pay(
  on: Submitter,
  subject: PageSubject,
  order: Order,
): Promise<Refusal | null> {
  const { session, now } = subject
  const payment = session ? await prepareTry(on.db, session, { order, now }) : subject.payment
  if (!payment) return null
  if ('refusal' in payment) return payment
  return await submit(on, payment, { token: order.token, now })
}

/** Has the processor asked what came of the customer's confirmation. */
export async function lookAgain(
  on: Submitter,
  payment: PaymentRow,
  now: Timestamp,
): Promise<Refusal | null> {
  return await submit(on, payment, { token: null, now })
}

async function submit(
  on: Submitter,
  payment: Pick<PaymentRow, 'merchant_id' | 'livemode' | 'id'>,
  { token, now }: { token: PaymentToken | null; now: Timestamp },
): Promise<Refusal | null> {
  const reply: Reply = await submitPayment(on, {
    account: accountOf(payment),
    paymentId: payment.id,
    token,
    ifMatch: null,
    actor: { type: 'customer', id: null },
    now,
    operationId: 'payOnPage',
    idempotency: null,
    lease: null,
    replyTo: () => answer(200, {}),
  })
  return reply.refusal ? reply : null
}

type Target = Pick<PaymentRow, 'merchant_id' | 'livemode' | 'id'>

/** The payment of this try. `null`: the session takes none now, as the page will show. */
async function prepareTry(
  db: Db,
  { merchant_id, livemode, id }: CheckoutSessionRow,
  { order, now }: { order: Order; now: Timestamp },
): Promise<Target | Refusal | null> {
  return await retryConflicts(() =>
    db.transaction().execute(async (tx) => {
      const { session, payment } = await lockBoth(tx, { merchant_id, livemode, id })
      if (statusOf(session, payment, now) !== 'open') return null
      const customerEmail = session.customer_email ?? order.email
      if (customerEmail === null) return refuseField('email', undefined, 'an e-mail address')
      // By the clock of the worker that looks: the database's.
      const at = await readDatabaseTime(tx, { merchantId: merchant_id, livemode })
      await lookBy(tx, session, plusSeconds(at, lookAfterSeconds))
      if (payment?.status === 'pending' && payment.payment_method === order.method) return payment
      if (!canTryAgain(session, now)) return null
      if (payment && isAllowed('cancel', payment.status)) await giveUp(tx, payment, now)
      const paymentId = await insertTry(tx, session, { customerEmail, method: order.method, now })
      return { merchant_id, livemode, id: paymentId }
    }),
  )
}

async function giveUp(tx: Tx, payment: PaymentRow, now: Timestamp): Promise<void> {
  await cancelInTransaction(tx, {
    ...accountOf(payment),
    paymentId: payment.id,
    reason: otherMethod,
    actorType: 'customer',
    actorId: null,
    now,
  })
}

function accountOf(row: { merchant_id: string; livemode: boolean }): Account {
  return { merchantId: row.merchant_id, livemode: row.livemode }
}
