import { isId } from '@hedgepayments/contract'
import type { Db } from '../../database/db.ts'
import type { CheckoutSessionRow, PaymentRow } from '../../database/schema.ts'
import { accountOf } from '../../domain/account.ts'
import { readDatabaseTime } from '../../merchants/clock.sql.ts'
import { findMerchant } from '../../merchants/merchants.sql.ts'
import type { PageForm, Processors } from '../../processors/interface/processor.ts'
import { endIfOver } from '../sessions/end.ts'
import { findPaymentByLink, findSessionByLink } from '../sessions/sessions.sql.ts'
import { findLinkPayments } from './retries.ts'
import { isUndecided, type PageSubject, type PayableSubject } from './subject.ts'

/** Finds the session or payment of a link. `null`: no session and no payment has this id. */
export async function findSubject(
  { db, processors }: { db: Db; processors: Processors },
  id: string,
): Promise<PayableSubject | null> {
  const subject = await findById(db, id)
  return subject && { ...subject, form: await formOf(processors, subject) }
}

async function findById(db: Db, id: string): Promise<PageSubject | null> {
  if (isId('checkoutSession', id)) {
    const session = await findSessionByLink(db, id)
    return session ? await ofSession(db, session) : null
  }
  if (!isId('payment', id)) return null
  const payment = await findPaymentByLink(db, id)
  if (!payment) return null
  // A payment's url is the page that it belongs to: of its session, of the payment that it retries, or
  // its own. So the id of every try leads to the latest one.
  const page = payment.url.split('/').at(-1) ?? ''
  if (isId('checkoutSession', page)) {
    const session = await findSessionByLink(db, page)
    if (session) return await ofSession(db, session)
  }
  const first = payment.retry_of === null ? payment : await findPaymentByLink(db, payment.retry_of)
  return first ? await ofPayment(db, first) : null
}

async function ofSession(db: Db, session: CheckoutSessionRow): Promise<PageSubject> {
  const now = await readDatabaseTime(db, accountOf(session))
  const current = await endIfOver(db, session, now)
  return { ...current, link: null, merchantName: await nameOf(db, session), now }
}

async function ofPayment(db: Db, first: PaymentRow): Promise<PageSubject> {
  const now = await readDatabaseTime(db, accountOf(first))
  const link = await findLinkPayments(db, first)
  return { session: null, link, payment: link.latest, merchantName: await nameOf(db, first), now }
}

async function nameOf(db: Db, { merchant_id: id }: { merchant_id: string }): Promise<string> {
  return (await findMerchant(db, id))?.name ?? ''
}

/** The form of the processor that the payment was sent to, or will be. */
async function formOf(processors: Processors, subject: PageSubject): Promise<PageForm | null> {
  const { session, payment } = subject
  const source = session ?? payment
  if (!source || !isUndecided(subject)) return null
  const account = accountOf(source)
  const name = payment?.status === 'pending' ? payment.processor : null
  // The credentials of the payment's processor may have been removed. Then the page only shows it.
  const processor =
    name === null
      ? await processors.forNew(account)
      : await processors.forSent(account, name).catch(() => null)
  return processor?.pageForm({ minor: source.amount, currency: source.currency }) ?? null
}
