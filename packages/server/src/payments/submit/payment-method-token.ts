import type { PaymentToken } from '../../domain/payment-token.ts'
import { type Refusal, refuseField } from '../../http/answers/refusal.ts'
import { readToken } from '../../processors/payment-token.ts'

/** Reads what a caller wants to pay with; a test number becomes its token, any other is refused. */
export function readGivenToken(
  given: string | null,
  livemode: boolean,
): PaymentToken | null | Refusal {
  if (given === null) return null
  const read = readToken(given, { livemode })
  if ('token' in read) return read.token
  const expected = livemode ? 'a token: no card numbers' : 'a token, or the number of a test card'
  return refuseField('payment_method_token', read.fault, expected)
}
