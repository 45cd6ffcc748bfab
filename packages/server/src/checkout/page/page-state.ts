import type { CheckoutMethod, PaymentPage } from '@hedgepayments/contract'
import type { PaymentRow } from '../../database/schema.ts'
import { type ReturnIds, returnAddress } from '../../domain/return-url.ts'
import { type PageSubject, type PayableSubject, stageOf } from '../link/subject.ts'

/** More than the events of one payment, so that the versions of a later try are higher. */
const versionsPerTry = 1_000_000

/**
 * The state of the page. Real cards are entered into fields of their processor only, and never reach
 * this server. Where the processor has no such fields, the page offers no way to pay.
 */
export function renderPage(subject: PayableSubject): PaymentPage {
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
    payment_method: payment?.payment_method ?? null,
    stripe: subject.form?.type === 'stripe' ? subject.form.stripe : null,
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
function versionOf({ session, link, payment }: PageSubject): number {
  const ended = session === null || session.status === 'open' ? 0 : 1
  return (
    (session?.tries ?? link?.tries ?? 0) * versionsPerTry + (payment?.sequence ?? 0) * 2 + ended
  )
}

/** The payment methods that the page offers: those that its form collects and the payment allows. */
export function methodsOf({ session, payment, form }: PayableSubject): readonly CheckoutMethod[] {
  const allowed: readonly string[] =
    session?.payment_method_types ?? (payment ? [payment.payment_method] : [])
  return form?.methods.filter((method) => allowed.includes(method)) ?? []
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
