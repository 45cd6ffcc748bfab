import { plusSeconds, type Timestamp } from '../../domain/time.ts'
import type { ProcessorPayment } from '../interface/processor.ts'
import type {
  AuthorizeResult,
  CaptureResult,
  CheckResult,
  Declined,
  DisputeState,
  NextAction,
  PaymentState,
} from '../interface/results.ts'
import type { SandboxPayment, SandboxRefund } from './books/books.sql.ts'
import { declineMessages } from './tokens/declines.ts'
import { detailsOfToken, findTestToken } from './tokens/tokens.ts'

/** The time from a capture to its settlement, by the merchant's clock: typical of cards. */
const settlementSeconds = 2 * 86_400

/** How long the sandbox accepts evidence. Then an open dispute is lost. */
const evidenceSeconds = 7 * 86_400
/** The time from a dispute to the bank's decision, for the tokens that have one. */
const decisionSeconds = 60
/** The time from the success of a debit to its return by the bank. */
const returnSeconds = 86_400
/** The fee for a dispute in minor units. It is returned when the dispute is won. */
const feeMinor = 1_500

/** The result of an authorization, from the payment's entry. */
export function authorizeResultOf(entry: SandboxPayment): AuthorizeResult {
  const { reference } = entry
  switch (entry.status) {
    case 'authorized':
    case 'captured':
      return {
        outcome: 'authorized',
        reference,
        expiresAt: entry.authorized_until,
        ...methodOf(entry),
      }
    case 'action_required':
      return { outcome: 'action_required', reference, action: actionOf(entry) }
    case 'declined':
      return declinedOf(entry)
    case 'voided': {
      const decline = {
        code: 'authorization_expired',
        message: declineMessages.authorization_expired,
      }
      return { outcome: 'declined', reference, decline }
    }
  }
}

/** The result of the check before a debit. Only the token counts: the sandbox has no entry yet. */
export function checkResultOf({ money }: ProcessorPayment, token: string): CheckResult {
  const refused = (code: string, message: string): CheckResult => ({
    outcome: 'declined',
    reference: null,
    decline: { code, message },
  })
  if (money.currency !== 'USD') {
    const message = `Bank accounts are debited in USD, not in ${money.currency}.`
    return refused('payment_method_unsupported', message)
  }
  const testToken = findTestToken(token)
  // Nobody can confirm a debit that is sent days later.
  const code = testToken && !testToken.challenge ? testToken.declined : 'invalid_token'
  if (code !== undefined) return refused(code, declineMessages[code])
  const method = detailsOfToken(token)
  return { outcome: 'accepted', ...(method ? { method } : {}) }
}

/** The result of a debit, from the payment's entry. */
export function debitResultOf(entry: SandboxPayment, now: Timestamp): CaptureResult {
  switch (entry.status) {
    case 'captured':
      if (!isTaken(entry, now)) return { outcome: 'undecided', reference: entry.reference }
      return capturedOf(entry)
    case 'declined':
      return declinedOf(entry)
    case 'voided':
    case 'authorized':
    case 'action_required':
      return {
        outcome: 'declined',
        reference: entry.reference,
        decline: {
          code: 'authorization_expired',
          message: declineMessages.authorization_expired,
        },
      }
  }
}

/** The result of a capture, from the entry after it. */
export function capturedOf({ reference, captured_amount: capturedMinor }: SandboxPayment) {
  if (capturedMinor === null) throw new Error('a captured payment has captured_amount')
  return { outcome: 'captured' as const, reference, capturedMinor, feeMinor: null }
}

/** Whether the money was taken. A debit may take days, by the merchant's clock. */
function isTaken({ captured_at: at }: SandboxPayment, now: Timestamp): boolean {
  return at !== null && at <= now
}

/** The state of a payment, from its entry and refunds. */
export function stateOf(
  entry: SandboxPayment,
  { refunds, now }: { refunds: readonly SandboxRefund[]; now: Timestamp },
): PaymentState {
  const { reference } = entry
  switch (entry.status) {
    case 'authorized':
      return hasLapsed(entry, now)
        ? { state: 'voided', reference, cause: 'expired' }
        : { state: 'authorized', reference, expiresAt: entry.authorized_until, ...methodOf(entry) }
    case 'voided':
      return { state: 'voided', reference, cause: 'canceled' }
    case 'action_required':
      return { state: 'action_required', reference, action: actionOf(entry) }
    case 'declined':
      return { state: 'declined', reference, decline: declinedOf(entry).decline }
    case 'captured': {
      if (entry.captured_at === null || entry.captured_amount === null) {
        throw new Error('a captured payment has no captured_at or no captured_amount')
      }
      if (!isTaken(entry, now)) return { state: 'undecided', reference }
      const settledAt = plusSeconds(entry.captured_at, settlementSeconds)
      return {
        state: 'captured',
        reference,
        capturedMinor: entry.captured_amount,
        feeMinor: null,
        refunds: refunds.map((refund) => ({
          refundId: refund.refund_id,
          reference: refund.reference,
          amountMinor: refund.amount,
          status: refund.decided_at <= now ? refundDecisionOf(entry) : 'pending',
        })),
        disputes: disputesOf(entry, now),
        settledAt: settledAt <= now ? settledAt : null,
        ...methodOf(entry),
      }
    }
  }
}

/** What becomes of a refund. The bank returns those of one token. */
function refundDecisionOf({ token }: SandboxPayment): 'succeeded' | 'failed' {
  return findTestToken(token ?? '')?.fault === 'refund_returned' ? 'failed' : 'succeeded'
}

/** Whether an authorization has ended because nobody captured it in time. */
export function hasLapsed(entry: SandboxPayment, now: Timestamp): boolean {
  return entry.authorized_until !== null && entry.authorized_until <= now
}

/**
 * The disputes of a payment, by the merchant's clock. The token alone decides: a payment with such a
 * token has one dispute of the whole amount from its capture on. A debit that the bank returns is a
 * dispute that is lost at once.
 */
export function disputesOf(entry: SandboxPayment, now: Timestamp): DisputeState[] {
  const testToken = findTestToken(entry.token ?? '')
  const outcome = testToken?.dispute
  const { captured_at: openedAt, captured_amount: amountMinor } = entry
  if (openedAt === null || amountMinor === null) return []
  const reference = entry.reference.replace('sbx_', 'sbxd_')
  const reason = testToken?.returned
  if (reason !== undefined && plusSeconds(openedAt, returnSeconds) <= now) {
    const noEvidence = { evidenceDueBy: null, url: null }
    return [{ reference, amountMinor, feeMinor, status: 'lost', reason, ...noEvidence }]
  }
  if (outcome === undefined) return []
  const evidenceDueBy = plusSeconds(openedAt, evidenceSeconds)
  const decidedAt = outcome === 'open' ? evidenceDueBy : plusSeconds(openedAt, decisionSeconds)
  const decision = outcome === 'won' ? 'won' : 'lost'
  const status = decidedAt <= now ? decision : 'needs_response'
  return [
    {
      reference,
      amountMinor,
      feeMinor: status === 'won' ? 0 : feeMinor,
      status,
      reason: 'fraudulent',
      evidenceDueBy,
      url: null,
    },
  ]
}

function methodOf({ token }: SandboxPayment) {
  const method = detailsOfToken(token)
  return method ? { method } : {}
}

function declinedOf(entry: SandboxPayment): Declined {
  const { reference, decline_code: code, decline_message: message } = entry
  if (code === null) throw new Error('a declined payment has no decline_code')
  const decline = { code, message: message ?? code, ...methodOf(entry) }
  return { outcome: 'declined', reference, decline }
}

function actionOf(entry: SandboxPayment): NextAction {
  if (entry.action_url === null) throw new Error('a payment with a challenge has no action_url')
  return { type: 'redirect_to_url', url: entry.action_url }
}
