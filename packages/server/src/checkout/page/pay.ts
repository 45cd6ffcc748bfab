import type { CheckoutMethod } from '@hedgepayments/contract'
import { runTransaction } from '../../database/commit.ts'
import type { Db, Tx } from '../../database/db.ts'
import type { CheckoutSessionRow, PaymentRow } from '../../database/schema.ts'
import { accountOf } from '../../domain/account.ts'
import { isAllowed } from '../../domain/lifecycle.ts'
import type { PaymentToken } from '../../domain/payment-token.ts'
import { plusSeconds, type Timestamp } from '../../domain/time.ts'
import { answer, type Reply } from '../../http/answers/answer.ts'
import { type Refusal, refuseField } from '../../http/answers/refusal.ts'
import { readDatabaseTime } from '../../merchants/clock.sql.ts'
import { cancelInTransaction } from '../../payments/cancel/cancel-in-transaction.ts'
import type { Acceptance, SubmissionDependencies } from '../../payments/submit/submission.ts'
import { submitPayment } from '../../payments/submit/submit.ts'
import { prepareRetry } from '../link/retries.ts'
import type { PageSubject } from '../link/subject.ts'
import { planCheck } from '../sessions/checks.sql.ts'
import { lockWithPayment } from '../sessions/end.ts'
import { insertNextPayment } from '../sessions/insert-payment.ts'
import { canTryAgain, statusOf } from '../sessions/status.ts'

/** The payment method that the customer chose. The token replaces the number that they typed. */
export interface Order {
  readonly method: CheckoutMethod
  readonly token: PaymentToken
  /** The customer's e-mail address, if the merchant has not given it. */
  readonly email: string | null
  /** Omitted for payment methods without a mandate. */
  readonly acceptance?: Acceptance
}

/** The reason of a payment that is canceled because the customer chose another method. */
const otherMethod = 'payment_method_changed'
/** Seconds until a worker checks the session: the try has ended by then, or its process has died. */
const checkAfterSeconds = 30

/**
 * Submits the payment of a page, or a new payment if the last one was declined. The outcome is in the
 * database; a refusal says why no payment was submitted.
 */
export async function pay(
  dependencies: SubmissionDependencies,
  subject: PageSubject,
  order: Order,
): Promise<Refusal | null> {
  const { session, link, payment: latest, now } = subject
  const payment = session
    ? await prepareTry(dependencies.db, session, { order, now })
    : link && latest?.status === 'failed'
      ? await prepareRetry(dependencies.db, link, now)
      : latest
  if (!payment) return null
  if ('refusal' in payment) return payment
  return await submit(dependencies, payment, { ...order, now })
}

/** Looks the payment up at the processor after the customer has confirmed or refused it. */
export async function checkConfirmation(
  dependencies: SubmissionDependencies,
  payment: PaymentRow,
  now: Timestamp,
): Promise<Refusal | null> {
  return await submit(dependencies, payment, { token: null, now })
}

async function submit(
  dependencies: SubmissionDependencies,
  payment: Pick<PaymentRow, 'merchant_id' | 'livemode' | 'id'>,
  {
    token,
    acceptance,
    now,
  }: { token: PaymentToken | null; acceptance?: Acceptance; now: Timestamp },
): Promise<Refusal | null> {
  const reply: Reply = await submitPayment(dependencies, {
    account: accountOf(payment),
    paymentId: payment.id,
    token,
    ...(acceptance ? { acceptance } : {}),
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

/** The payment of this try. `null`: the session accepts none now, which the page then shows. */
async function prepareTry(
  db: Db,
  { merchant_id, livemode, id }: CheckoutSessionRow,
  { order, now }: { order: Order; now: Timestamp },
): Promise<Target | Refusal | null> {
  return await runTransaction(db, async (tx) => {
    const { session, payment } = await lockWithPayment(tx, { merchant_id, livemode, id })
    if (statusOf(session, payment, now) !== 'open') return null
    const customerEmail = session.customer_email ?? order.email
    if (customerEmail === null) return refuseField('email', undefined, 'an e-mail address')
    // The worker checks by the database's clock.
    const at = await readDatabaseTime(tx, { merchantId: merchant_id, livemode })
    await planCheck(tx, session, plusSeconds(at, checkAfterSeconds))
    if (payment?.status === 'pending' && payment.payment_method === order.method) return payment
    if (!canTryAgain(session, now)) return null
    if (payment && isAllowed('cancel', payment.status)) await cancelOther(tx, payment, now)
    const paymentId = await insertNextPayment(tx, session, {
      customerEmail,
      method: order.method,
      now,
    })
    return { merchant_id, livemode, id: paymentId }
  })
}

async function cancelOther(tx: Tx, payment: PaymentRow, now: Timestamp): Promise<void> {
  await cancelInTransaction(tx, {
    ...accountOf(payment),
    paymentId: payment.id,
    reason: otherMethod,
    actorType: 'customer',
    actorId: null,
    now,
  })
}
