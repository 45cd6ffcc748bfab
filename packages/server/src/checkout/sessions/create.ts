import type { CheckoutSessionCreate, CheckoutSessionId } from '@hedgepayments/contract'
import type { Tx } from '../../database/db.ts'
import type { CheckoutSessionRow } from '../../database/schema.ts'
import { newId } from '../../domain/ids.ts'
import { givenEnd, plusSeconds, promisedEnd, type Timestamp } from '../../domain/time.ts'
import { answer, type Reply } from '../../http/answers/answer.ts'
import { refuseField } from '../../http/answers/refusal.ts'
import type { Auth } from '../../http/request/auth.ts'
import { readDatabaseTime } from '../../merchants/clock.sql.ts'
import { findCancelWindow } from '../../merchants/merchants.sql.ts'
import { refuseCharge } from '../../payments/transition/processor-rules.ts'
import type { ProcessorRules } from '../../processors/interface/rules.ts'
import { insertNextPayment } from './insert-payment.ts'
import { renderSession } from './render.ts'
import { insertSession } from './sessions.sql.ts'

/** The default lifetime of a session, the same as of a payment. */
const secondsDefault = 3_600
/** The shortest lifetime: a customer needs time to find a card. Source: contract, `expires_at`. */
const secondsMin = 60
/** The longest lifetime. Source: contract, `expires_at`. */
const secondsMax = 86_400

interface SessionRequest {
  readonly auth: Auth
  readonly body: CheckoutSessionCreate
  readonly publicUrl: string
  /** The rules of the processor; `null` if the mode has none. */
  readonly rules: ProcessorRules | null
}

/** Creates a session, and its first payment if the customer's e-mail address is given. */
export async function createSession(tx: Tx, request: SessionRequest): Promise<Reply> {
  const { auth, body } = request
  // Sessions expire by the database's clock. By the clock of a server that is an hour behind, a new
  // session would expire at once.
  const now = await readDatabaseTime(tx, auth)
  const expiresAt = body.expires_at ? givenEnd(body.expires_at) : promisedEnd(now, secondsDefault)
  if (expiresAt < plusSeconds(now, secondsMin) || expiresAt > plusSeconds(now, secondsMax)) {
    return refuseField('expires_at', body.expires_at, 'a time in one minute to one day')
  }
  const refusal = request.rules && refuseCharge(request.rules, body)
  if (refusal) return refusal
  const cancelWindow = body.cancel_window ?? (await findCancelWindow(tx, auth.merchantId))
  const session = newSession(request, { now, expiresAt, cancelWindow })
  await insertSession(tx, session)
  if (session.customer_email === null) return answer(201, renderSession(session, null))
  const paymentId = await insertNextPayment(tx, session, {
    customerEmail: session.customer_email,
    method: session.payment_method_types[0] ?? 'card',
    now,
  })
  return answer(201, renderSession({ ...session, payment_id: paymentId, tries: 1 }, 'pending'))
}

function newSession(
  { auth, body, publicUrl }: SessionRequest,
  { now, expiresAt, cancelWindow }: { now: Timestamp; expiresAt: Timestamp; cancelWindow: number },
): CheckoutSessionRow {
  const id = newId<CheckoutSessionId>('checkoutSession')
  return {
    merchant_id: auth.merchantId,
    livemode: auth.livemode,
    id,
    status: 'open',
    payment_id: null,
    tries: 0,
    amount: body.amount,
    currency: body.currency.toUpperCase(),
    customer_email: body.customer_email ?? null,
    customer_id: body.customer_id ?? null,
    description: body.description ?? null,
    statement_descriptor: body.statement_descriptor ?? null,
    metadata: body.metadata ?? {},
    payment_method_types: body.payment_method_types ?? ['card'],
    cancel_window: cancelWindow,
    capture_method: body.capture_method ?? 'automatic',
    success_url: body.success_url ?? null,
    cancel_url: body.cancel_url ?? null,
    url: `${publicUrl}/checkout/${id}`,
    actor_id: auth.keyId,
    due_at: expiresAt,
    lease: null,
    leased_until: null,
    failures: 0,
    expires_at: expiresAt,
    completed_at: null,
    created_at: now,
    updated_at: now,
  }
}
