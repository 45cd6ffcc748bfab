import { isId } from '@hedgepayments/contract'
import type { Db } from '../../database/db.ts'
import type { CheckoutSessionRow, PaymentRow } from '../../database/schema.ts'
import { accountOf } from '../../domain/account.ts'
import { readDatabaseTime } from '../../merchants/clock.sql.ts'
import { findMerchant } from '../../merchants/merchants.sql.ts'
import { endIfOver } from '../sessions/end.ts'
import {
  findPaymentByLink,
  findSessionByLink,
  findSessionOfPayment,
} from '../sessions/sessions.sql.ts'
import type { PageSubject } from './page-state.ts'

/** Finds the session or payment of a link. `null`: no session and no payment has this id. */
export async function findSubject(db: Db, id: string): Promise<PageSubject | null> {
  if (isId('checkoutSession', id)) {
    const session = await findSessionByLink(db, id)
    return session ? await ofSession(db, session) : null
  }
  if (!isId('payment', id)) return null
  const payment = await findPaymentByLink(db, id)
  if (!payment) return null
  const session = await findSessionOfPayment(db, payment)
  return session ? await ofSession(db, session) : await ofPayment(db, payment)
}

async function ofSession(db: Db, session: CheckoutSessionRow): Promise<PageSubject> {
  const now = await readDatabaseTime(db, accountOf(session))
  const current = await endIfOver(db, session, now)
  return { ...current, merchantName: await nameOf(db, session), now }
}

async function ofPayment(db: Db, payment: PaymentRow): Promise<PageSubject> {
  const now = await readDatabaseTime(db, accountOf(payment))
  return { session: null, payment, merchantName: await nameOf(db, payment), now }
}

async function nameOf(db: Db, { merchant_id: id }: { merchant_id: string }): Promise<string> {
  return (await findMerchant(db, id))?.name ?? ''
}
