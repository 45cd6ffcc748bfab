import type { PaymentToken } from '../../domain/payment-token.ts'
import { type Refusal, refuseField } from '../../http/answers/refusal.ts'
import { readToken } from '../../processors/payment-token.ts'

/**
 * Reads the field `payment_method_token` of a request. In test mode the number of a test card becomes
 * its token. Other card numbers are refused in both modes.
 */
export function readPaymentMethodToken(
  given: string | null,
  livemode: boolean,
): PaymentToken | null | Refusal {
  if (given === null) return null
  const read = readToken(given, { livemode })
  if ('token' in read) return read.token
  const expected = livemode ? 'a token: no card numbers' : 'a token, or the number of a test card'
  return refuseField('payment_method_token', read.fault, expected)
}
