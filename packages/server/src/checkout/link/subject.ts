import type { PaymentPageStage } from '@hedgepayments/contract'
import type { CheckoutSessionRow, PaymentRow } from '../../database/schema.ts'
import type { Timestamp } from '../../domain/time.ts'
import type { PageForm } from '../../processors/interface/processor.ts'
import { expiredByRequest } from '../sessions/end.ts'
import { canTryAgain } from '../sessions/status.ts'
import { canRetry, type LinkPayments } from './retries.ts'

/** The session or payment that a link shows. */
export interface PageSubject {
  /** `null`: the link names a payment without a session. */
  readonly session: CheckoutSessionRow | null
  /** The payments of a link without a session; `null`: the link has a session. */
  readonly link: LinkPayments | null
  /** The latest payment of the session or link; `null`: the session has none yet. */
  readonly payment: PaymentRow | null
  readonly merchantName: string
  /** The time by the merchant's clock. */
  readonly now: Timestamp
}

/** A subject with the form that collects the payment method. `null`: the page cannot collect one. */
export type PayableSubject = PageSubject & { readonly form: PageForm | null }

/** Reasons of cancels that the page shows as expired: by time, or by the merchant's request. */
const endings: ReadonlySet<string> = new Set(['expired', expiredByRequest])

/** The stage of the page. */
export function stageOf({ session, link, payment, now }: PageSubject): PaymentPageStage {
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
    case 'failed': {
      if (session?.status === 'expired') return 'expired'
      const isOpen = session ? canTryAgain(session, now) : link !== null && canRetry(link, now)
      return isOpen ? 'open' : 'declined'
    }
    case 'canceled':
      return endings.has(payment?.cancellation_reason ?? '') ? 'expired' : 'canceled'
  }
}

/** Whether the customer may still do something: pay, or confirm. */
export function isUndecided(subject: PageSubject): boolean {
  const stage = stageOf(subject)
  return stage === 'open' || stage === 'confirming'
}
