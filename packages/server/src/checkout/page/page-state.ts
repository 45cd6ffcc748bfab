import type { CheckoutMethod, PaymentPage, PaymentPageStage } from '@hedgepayments/contract'
import type { CheckoutSessionRow, PaymentRow } from '../../database/schema.ts'
import { type ReturnIds, returnAddress } from '../../domain/return-url.ts'
import type { Timestamp } from '../../domain/time.ts'
import { expiredByRequest } from '../sessions/end.ts'
import { sessionTriesMax } from '../sessions/status.ts'

/** The session or payment that a page shows. */
export interface PageSubject {
  /** `null`: the link names a payment without a session. */
  readonly session: CheckoutSessionRow | null
  /** The payment, or the latest one of the session; `null`: the session has none yet. */
  readonly payment: PaymentRow | null
  readonly merchantName: string
  /** The time by the merchant's clock. */
  readonly now: Timestamp
}

/** Reasons of cancels that the page shows as expired: by time, or by the merchant's request. */
const endings: ReadonlySet<string> = new Set(['expired', expiredByRequest])

/** More than the events of one payment, so that the versions of a later try are higher. */
const versionsPerTry = 1_000_000

/**
 * The state of the page. In live mode the page offers no way to pay: real cards are entered into fields
 * of their processor only, and never reach this server.
 */
export function renderPage(subject: PageSubject): PaymentPage {
  const { session, payment, merchantName, now } = subject
  const source = session ?? payment
  if (!source) throw new Error('a payment page has a session or a payment')
  const stage = stageOf(subject)
  return {
    livemode: source.livemode,
    merchant_name: merchantName,
    amount: source.amount,
    currency: source.currency,
    description: source.description,
    stage,
    version: versionOf(subject),
    methods: methodsOf(subject),
    needs_email: session !== null && session.customer_email === null,
    decline_code: payment?.status === 'failed' ? (payment.failure_code ?? 'other') : null,
    confirm_url: stage === 'confirming' ? bankUrl(payment) : null,
    success_url: source.success_url && returnAddress(source.success_url, idsOf(subject)),
    cancel_url: source.cancel_url && returnAddress(source.cancel_url, idsOf(subject)),
    expires_at: source.expires_at,
    now,
  }
}

/** A number that increases with every change of the state. */
function versionOf({ session, payment }: PageSubject): number {
  const ended = session === null || session.status === 'open' ? 0 : 1
  return (session?.tries ?? 0) * versionsPerTry + (payment?.sequence ?? 0) * 2 + ended
}

/** Whether the session may get another payment. */
export function canTryAgain(session: CheckoutSessionRow, now: Timestamp): boolean {
  return session.status === 'open' && session.tries < sessionTriesMax && now < session.expires_at
}

function stageOf({ session, payment, now }: PageSubject): PaymentPageStage {
  const isOver = session !== null && session.status !== 'open'
  switch (payment?.status) {
    case undefined:
      return isOver ? 'expired' : 'open'
    case 'pending':
      return payment?.next_action_url ? 'confirming' : 'open'
    case 'initiated':
    case 'processing':
      return 'accepted'
    case 'succeeded':
    case 'partially_refunded':
      return 'paid'
    case 'refunded':
      return 'refunded'
    case 'failed':
      if (session?.status === 'expired') return 'expired'
      return session && canTryAgain(session, now) ? 'open' : 'declined'
    case 'canceled':
      return endings.has(payment?.cancellation_reason ?? '') ? 'expired' : 'canceled'
  }
}

/** The payment methods that the page offers: none in live mode. */
export function methodsOf({ session, payment }: PageSubject): readonly CheckoutMethod[] {
  if ((session ?? payment)?.livemode !== false) return []
  if (session) return session.payment_method_types
  const method = payment?.payment_method
  return method === 'card' || method === 'ach' ? [method] : []
}

/** The URL of the bank's page. `null` for the sandbox, whose bank the page plays itself. */
function bankUrl(payment: PaymentRow | null): string | null {
  return challengeSecret(payment) === null ? (payment?.next_action_url ?? null) : null
}

/** The secret of the sandbox's challenge that the payment waits for; `null`: it waits for none. */
export function challengeSecret(payment: PaymentRow | null): string | null {
  if (!payment || payment.livemode || payment.status !== 'pending') return null
  return payment.next_action_url?.split('/sandbox/3d-secure/')[1] ?? null
}

function idsOf({ session, payment }: PageSubject): ReturnIds {
  return { sessionId: session?.id ?? null, paymentId: payment?.id ?? null }
}
