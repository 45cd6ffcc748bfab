import type { Timestamp } from '../../domain/time.ts'
import { plusSeconds } from '../../domain/time.ts'
import type {
  AuthorizeResult,
  Declined,
  NextAction,
  ProcessorTruth,
} from '../interface/processor.ts'
import type { SandboxPayment, SandboxRefund } from './books.sql.ts'
import { declineMessages } from './declines.ts'

/** Two days, as card money takes about as long. */
const settlementSeconds = 2 * 86_400

/** What the books say of an authorization. */
export function toAuthorizeResult(entry: SandboxPayment): AuthorizeResult {
  const { reference } = entry
  switch (entry.status) {
    case 'authorized':
    case 'captured':
      return { outcome: 'authorized', reference }
    case 'action_required':
      return { outcome: 'action_required', reference, action: actionOf(entry) }
    case 'declined':
      return declinedAs(entry)
    case 'voided': {
      const decline = {
        code: 'authorization_expired',
        message: declineMessages.authorization_expired,
      }
      return { outcome: 'declined', reference, decline }
    }
  }
}

/** What the books say of a payment. */
export function renderTruth(
  entry: SandboxPayment,
  { refunds, now }: { refunds: readonly SandboxRefund[]; now: Timestamp },
): ProcessorTruth {
  const { reference } = entry
  switch (entry.status) {
    case 'authorized':
    case 'voided':
      return { state: entry.status, reference }
    case 'action_required':
      return { state: 'action_required', reference, action: actionOf(entry) }
    case 'declined':
      return { state: 'declined', reference, decline: declinedAs(entry).decline }
    case 'captured': {
      if (entry.captured_at === null) throw new Error('a captured payment has a moment')
      const settledAt = plusSeconds(entry.captured_at, settlementSeconds)
      return {
        state: 'captured',
        reference,
        capturedMinor: entry.amount,
        feeMinor: null,
        refunds: refunds.map((refund) => ({
          refundId: refund.refund_id,
          reference: refund.reference,
          amountMinor: refund.amount,
          status: refund.decided_at <= now ? 'succeeded' : 'pending',
        })),
        settledAt: settledAt <= now ? settledAt : null,
      }
    }
  }
}

function declinedAs(entry: SandboxPayment): Declined {
  const { reference, decline_code: code, decline_message: message } = entry
  if (code === null) throw new Error('a declined payment has a code')
  return { outcome: 'declined', reference, decline: { code, message: message ?? code } }
}

function actionOf(entry: SandboxPayment): NextAction {
  if (entry.action_url === null) throw new Error('a challenged payment has an address')
  return { type: 'redirect_to_url', url: entry.action_url }
}
