import type { Stripe } from 'stripe'
import { type Timestamp, toTimestamp } from '../../domain/time.ts'
import type { Captured, DisputeState, PaymentState, RefundState } from '../interface/results.ts'
import { refundIdName } from './answers.ts'
import { declineOf } from './declines.ts'
import { methodField } from './details/method-details.ts'
import { fromStripeAmount } from './money/amounts.ts'

/** The expansion that adds the fee and the settlement to a PaymentIntent. */
export const intentExpansion = ['latest_charge.balance_transaction']

/** The disputes of a PaymentIntent, without those that cannot be read. */
export interface FoundDisputes {
  readonly disputes: readonly Stripe.Dispute[]
  readonly hasUnreadable: boolean
}

/** The payment's state, from its PaymentIntent, refunds and disputes. */
export function stateOf(
  intent: Stripe.PaymentIntent,
  refunds: readonly Stripe.Refund[],
  { disputes, hasUnreadable }: FoundDisputes = { disputes: [], hasUnreadable: false },
): PaymentState {
  const reference = intent.id
  switch (intent.status) {
    case 'requires_capture':
      return {
        state: 'authorized',
        reference,
        expiresAt: authorizationEndOf(intent),
        ...methodField(chargeOf(intent)?.payment_method_details),
      }
    case 'succeeded':
      return capturedState(intent, refunds, { disputes, hasUnreadable })
    case 'canceled':
      // After a capture of a part by other means, a cancel releases the rest only.
      return intent.amount_received > 0
        ? capturedState(intent, refunds, { disputes, hasUnreadable })
        : { state: 'voided', reference, cause: causeOf(intent) }
    case 'requires_action': {
      // Nobody waits for the action of a debit, such as the verification of micro-deposits.
      const url = intent.next_action?.redirect_to_url?.url ?? (isDebit(intent) ? intent.id : null)
      if (!url) return { state: 'undecided', reference }
      return { state: 'action_required', reference, action: { type: 'redirect_to_url', url } }
    }
    case 'requires_payment_method': {
      const error = intent.last_payment_error
      // Created but never confirmed: no authorization was attempted.
      if (!error) return { state: 'absent' }
      const decline = declineOf({ ...error, declineCode: error.decline_code ?? null })
      const method = methodField(error.payment_method)
      return { state: 'declined', reference, decline: { ...decline, ...method } }
    }
    case 'requires_confirmation':
      return { state: 'absent' }
    default:
      return { state: 'undecided', reference }
  }
}

function capturedState(
  intent: Stripe.PaymentIntent,
  refunds: readonly Stripe.Refund[],
  { disputes, hasUnreadable }: FoundDisputes,
): PaymentState {
  return {
    state: 'captured',
    reference: intent.id,
    ...capturedOf(intent),
    refunds: withoutRelease(intent, refunds).map(refundStateOf),
    disputes: disputes.flatMap((dispute) => disputeStateOf(dispute) ?? []),
    ...(hasUnreadable ? { hasUnreadableDispute: true } : {}),
    ...(disputes.some(isOpenInquiry) ? { hasInquiry: true } : {}),
    settledAt: settledAtOf(intent),
    ...methodField(chargeOf(intent)?.payment_method_details),
  }
}

/** Whether a PaymentIntent debits a bank account. */
export function isDebit({ payment_method_types: types }: Stripe.PaymentIntent): boolean {
  return Array.isArray(types) && types.includes('us_bank_account')
}

/** The captured amount, and Stripe's fee if it is in the payment's currency. */
function capturedOf(intent: Stripe.PaymentIntent): Captured {
  const transaction = balanceTransactionOf(intent)
  const isSameCurrency = transaction?.currency === intent.currency
  return {
    capturedMinor: fromStripeAmount(intent.amount_received, intent.currency),
    feeMinor:
      transaction && isSameCurrency ? fromStripeAmount(transaction.fee, intent.currency) : null,
  }
}

/** How long a card's authorization lasts where Stripe does not say. Source: Stripe's documentation. */
const cardAuthorizationSeconds = 7 * 86_400

/** The end of the authorization: Stripe's own, by brand and kind of payment, or the usual one. */
function authorizationEndOf(intent: Stripe.PaymentIntent): Timestamp | null {
  const charge = chargeOf(intent)
  if (!charge) return null
  const seconds =
    charge.payment_method_details?.card?.capture_before ?? charge.created + cardAuthorizationSeconds
  return toTimestamp(seconds * 1000)
}

/** Stripe cancels an authorization that nobody captured in time. People have other reasons. */
function causeOf({ cancellation_reason: reason }: Stripe.PaymentIntent): 'expired' | 'canceled' {
  return reason === 'automatic' || reason === 'expired' ? 'expired' : 'canceled'
}

function settledAtOf(intent: Stripe.PaymentIntent): Timestamp | null {
  const transaction = balanceTransactionOf(intent)
  if (transaction?.status !== 'available') return null
  return toTimestamp(transaction.available_on * 1000)
}

function balanceTransactionOf(intent: Stripe.PaymentIntent): Stripe.BalanceTransaction | null {
  const transaction = chargeOf(intent)?.balance_transaction
  return typeof transaction === 'object' ? transaction : null
}

/** Whether the customer has ever disputed the charge, also in an inquiry. */
export function hasDisputes(intent: Stripe.PaymentIntent): boolean {
  return chargeOf(intent)?.disputed === true
}

/** The charge, if Stripe has expanded it. */
function chargeOf(intent: Stripe.PaymentIntent): Stripe.Charge | null {
  return typeof intent.latest_charge === 'object' ? intent.latest_charge : null
}

function refundStateOf(refund: Stripe.Refund): RefundState {
  return {
    refundId: refund.metadata?.[refundIdName] ?? null,
    reference: refund.id,
    amountMinor: fromStripeAmount(refund.amount, refund.currency),
    status: refundStatusOf(refund),
  }
}

/** The reasons of refunds by which Stripe releases what was not captured. */
export const releaseReasons: readonly unknown[] = ['expired_uncaptured_charge', 'partial_capture']

/**
 * The refunds that return captured money. When a part of a payment is captured, Stripe lists the release
 * of the rest as a refund too. That refund has moved no money, so it has no balance transaction.
 */
function withoutRelease(
  { amount, amount_received: received }: Stripe.PaymentIntent,
  refunds: readonly Stripe.Refund[],
): readonly Stripe.Refund[] {
  const returned = refunds.filter(({ reason }) => !releaseReasons.includes(reason))
  const candidates = returned.filter(
    (refund) => refund.amount === amount - received && !refund.metadata?.[refundIdName],
  )
  const isTooMuch = sumOf(returned.filter((one) => refundStatusOf(one) !== 'failed')) > received
  const release =
    candidates.find((one) => one.balance_transaction === null && one.status === 'succeeded') ??
    (isTooMuch ? candidates.at(-1) : undefined)
  return returned.filter((refund) => refund !== release)
}

function sumOf(movements: readonly { readonly amount: number }[]): number {
  return movements.reduce((sum, { amount }) => sum + amount, 0)
}

/** Stripe's `requires_action` waits for the customer's bank details, so the refund is pending. */
export function refundStatusOf({ status }: Pick<Stripe.Refund, 'status'>): RefundState['status'] {
  switch (status) {
    case 'succeeded':
      return 'succeeded'
    case 'failed':
    case 'canceled':
      return 'failed'
    default:
      return 'pending'
  }
}

/** The statuses of disputes. Stripe has others, of inquiries and appeals. */
const disputeStatuses = new Map<string, DisputeState['status']>([
  ['needs_response', 'needs_response'],
  ['under_review', 'under_review'],
  ['won', 'won'],
  ['lost', 'lost'],
])

/** The bank asks, and Stripe has withdrawn nothing. */
const openInquiries: readonly string[] = ['warning_needs_response', 'warning_under_review']

function isOpenInquiry({ status }: Stripe.Dispute): boolean {
  return openInquiries.includes(status)
}

/**
 * The status of a dispute. `null`: it is an inquiry (`warning_…`) or was prevented, so that Stripe has
 * withdrawn nothing. A prevented dispute is final: it is lost where Stripe has withdrawn money for it. An inquiry that becomes a dispute keeps its id and gets another status. A status that
 * this version does not know, such as that of an appeal, is an open dispute if Stripe has withdrawn money.
 * Source: https://docs.stripe.com/disputes/how-disputes-work
 */
function disputeStatusOf(dispute: Stripe.Dispute): DisputeState['status'] | null {
  const { status, balance_transactions: transactions } = dispute
  const listed = disputeStatuses.get(status)
  if (listed || status.startsWith('warning_')) return listed ?? null
  const moved = sumOf(transactions ?? [])
  if (status === 'prevented' && transactions?.length) return moved < 0 ? 'lost' : 'won'
  if (!(moved < 0)) return null
  return status.endsWith('needs_response') ? 'needs_response' : 'under_review'
}

/** The state of a dispute. `null`: Stripe has withdrawn nothing. */
function disputeStateOf(dispute: Stripe.Dispute): DisputeState | null {
  const status = disputeStatusOf(dispute)
  if (!status) return null
  const { id, amount, currency, reason, livemode } = dispute
  // Stripe has 0 where there is no deadline.
  const dueBy = dispute.evidence_details?.due_by
  return {
    reference: id,
    amountMinor: fromStripeAmount(amount, currency),
    ...withdrawnOf(dispute),
    currency: currency.toUpperCase(),
    feeMinor: disputeFeeOf(dispute),
    status,
    reason,
    evidenceDueBy: dueBy ? toTimestamp(dueBy * 1000) : null,
    url: `https://dashboard.stripe.com/${livemode ? '' : 'test/'}disputes/${encodeURIComponent(id)}`,
  }
}

/**
 * How much of the amount Stripe has withdrawn and not returned. Where the merchant had refunded a part
 * before, Stripe returns that part although the dispute is lost. Transactions in the currency of the
 * account's balance tell the share. Without transactions, nothing.
 * Source: https://support.stripe.com/questions/dispute-for-full-charge-amount-after-a-partial-refund-was-issued
 */
function withdrawnOf({ amount, currency, balance_transactions: all }: Stripe.Dispute) {
  const transactions = all ?? []
  const taken = sumOf(transactions.filter((transaction) => transaction.amount < 0))
  if (taken === 0) return {}
  const isOwn = transactions.every((transaction) => transaction.currency === currency)
  const keptShare = sumOf(transactions) / taken
  const kept = isOwn ? -sumOf(transactions) : amount * keptShare
  const withdrawn = Math.min(amount, Math.max(0, Math.round(kept)))
  return { withdrawnMinor: fromStripeAmount(withdrawn, currency) }
}

/** The fee without what Stripe has returned. Fees in another currency than the dispute are left out. */
function disputeFeeOf({ balance_transactions: transactions, currency }: Stripe.Dispute): number {
  const own = (transactions ?? []).filter((transaction) => transaction.currency === currency)
  const fee = own.reduce((sum, transaction) => sum + transaction.fee, 0)
  return Math.max(0, fromStripeAmount(fee, currency))
}

/** The states of a PaymentIntent that was never confirmed, or only canceled. */
const withoutAttempt: readonly PaymentState['state'][] = ['absent', 'voided']

/** Whether an authorization was attempted and is not canceled. */
export function isAttempted(intent: Stripe.PaymentIntent): boolean {
  return !withoutAttempt.includes(stateOf(intent, []).state)
}

/**
 * The PaymentIntent that tells a payment's state, of several: that with money, else one that was attempted,
 * else one that was canceled. Stripe can have a second one where it reported a failure and created one.
 */
export function mostAdvanced(found: readonly Stripe.PaymentIntent[]): Stripe.PaymentIntent | null {
  return (
    found.find(({ amount_received: received }) => received > 0) ??
    found.find(isAttempted) ??
    found.find(({ status }) => status === 'canceled') ??
    found[0] ??
    null
  )
}
