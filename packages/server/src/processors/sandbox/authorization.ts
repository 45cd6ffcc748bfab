import { randomCharacters } from '../../domain/ids.ts'
import type { Timestamp } from '../../domain/time.ts'
import { plusSeconds } from '../../domain/time.ts'
import type { DeclineCode, ProcessorPayment } from '../interface/processor.ts'
import type { SandboxPayment } from './books/books.sql.ts'
import { declineMessages } from './tokens/declines.ts'
import { findTestToken } from './tokens/tokens.ts'

/** How long an authorization lasts: a week, which is typical of cards. */
const authorizationSeconds = 7 * 86_400

/** The entry of a payment that the sandbox sees for the first time: nothing is authorized. */
export function newEntry(merchantId: string, payment: ProcessorPayment): SandboxPayment {
  return {
    merchant_id: merchantId,
    payment_id: payment.id,
    reference: payment.id.replace('pay_', 'sbx_'),
    token: null,
    amount: payment.money.minor,
    currency: payment.money.currency,
    status: 'voided',
    decline_code: null,
    decline_message: null,
    action_secret: null,
    action_url: null,
    return_url: payment.returnUrl,
    authorized_until: null,
    captured_at: null,
    captured_amount: null,
  }
}

/** The entry after an authorization. The token alone decides what happens. */
export function authorizeEntry(
  entry: SandboxPayment,
  { token, now, publicUrl }: { token: string; now: Timestamp; publicUrl: string },
): SandboxPayment {
  const testToken = findTestToken(token)
  const next: SandboxPayment = { ...entry, token, action_secret: null, action_url: null }
  const code = testToken ? testToken.declined : 'invalid_token'
  if (code !== undefined) return declineEntry(next, code)
  if (testToken?.challenge) return challengeEntry(next, publicUrl)
  return testToken?.fault === 'captured_by_hand'
    ? { ...next, status: 'captured', captured_at: now, captured_amount: next.amount }
    : { ...next, status: 'authorized', authorized_until: authorizedUntil(now) }
}

/** The entry after a debit. The token alone decides what happens, and when. */
export function debitEntry(
  entry: SandboxPayment,
  { token, now, amountMinor }: { token: string; now: Timestamp; amountMinor: number },
): SandboxPayment {
  const testToken = findTestToken(token)
  const next: SandboxPayment = { ...entry, token }
  const code = testToken ? testToken.captureDeclined : 'invalid_token'
  if (code !== undefined) return declineEntry(next, code)
  const takenAt = plusSeconds(now, testToken?.debitSeconds ?? 0)
  return { ...next, status: 'captured', captured_at: takenAt, captured_amount: amountMinor }
}

/** The end of an authorization that is made now. */
export function authorizedUntil(now: Timestamp): Timestamp {
  return plusSeconds(now, authorizationSeconds)
}

/** The entry after a decline. */
export function declineEntry(entry: SandboxPayment, code: DeclineCode): SandboxPayment {
  return {
    ...entry,
    status: 'declined',
    decline_code: code,
    decline_message: declineMessages[code],
  }
}

function challengeEntry(entry: SandboxPayment, publicUrl: string): SandboxPayment {
  const secret = randomCharacters(32)
  return {
    ...entry,
    status: 'action_required',
    action_secret: secret,
    action_url: `${publicUrl}/sandbox/3d-secure/${secret}`,
  }
}
