import type { CheckoutMethod, PaymentPage, PaymentPageStage } from '@hedgepayments/contract'
import type { CheckoutSessionRow, PaymentRow } from '../../database/schema.ts'
import type { Timestamp } from '../../domain/time.ts'
import { expiredByHand } from '../sessions/settle.ts'

/** What a payment page's link stands for. */
export interface PageSubject {
  /** `null`: the link of a payment that belongs to no session. */
  readonly session: CheckoutSessionRow | null
  /** The payment, or the session's latest; `null`: none was made yet. */
  readonly payment: PaymentRow | null
  readonly merchantName: string
  /** The moment by the merchant's clock. */
  readonly now: Timestamp
}

/** Reasons of cancels that mean that time is up, by the clock or because the merchant ended it. */
const endings: ReadonlySet<string> = new Set(['expired', expiredByHand])

/** Declined tries of one session. More than a person makes, fewer than a thief of cards needs. */
const triesMax = 10

/** Leaves room for every event that one payment can have before the next try's payment counts. */
const versionsPerTry = 1_000_000

/**
 * All that the page may know of a subject. In live mode it offers no way to pay: cards of the real
 * world are for fields of their processor only, and never come here.
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
    success_url: source.success_url && successUrl(source.success_url, subject),
    cancel_url: source.cancel_url,
    expires_at: source.expires_at,
    now,
  }
}

/** What tells two states of a subject apart, the later one being higher. */
function versionOf({ session, payment }: PageSubject): number {
  const ended = session === null || session.status === 'open' ? 0 : 1
  return (session?.tries ?? 0) * versionsPerTry + (payment?.sequence ?? 0) * 2 + ended
}

/** Whether another payment may be made for the session. */
export function canTryAgain(session: CheckoutSessionRow, now: Timestamp): boolean {
  return session.status === 'open' && session.tries < triesMax && now < session.expires_at
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

/** The ways to pay that the page offers: none in live mode. */
export function methodsOf({ session, payment }: PageSubject): readonly CheckoutMethod[] {
  if ((session ?? payment)?.livemode !== false) return []
  if (session) return session.payment_method_types
  const method = payment?.payment_method
  return method === 'card' || method === 'ach' ? [method] : []
}

/** Of the sandbox the page plays the bank itself, so that it goes on being told what happens. */
function bankUrl(payment: PaymentRow | null): string | null {
  return challengeSecret(payment) === null ? (payment?.next_action_url ?? null) : null
}

/** Names the sandbox's challenge that the payment waits for; `null`: it waits for none. */
export function challengeSecret(payment: PaymentRow | null): string | null {
  if (!payment || payment.livemode || payment.status !== 'pending') return null
  return payment.next_action_url?.split('/sandbox/3d-secure/')[1] ?? null
}

/** The merchant's address with the ids that it needs to find the order. */
function successUrl(address: string, { session, payment }: PageSubject): string {
  if (!URL.canParse(address)) return address
  const url = new URL(address)
  if (session) url.searchParams.set('session_id', session.id)
  if (payment) url.searchParams.set('payment_id', payment.id)
  return url.href
}
