import { type Refusal, refuseField } from '../http/refusal.ts'
import { readToken } from '../processors/payment-token.ts'

/** Reads what a caller wants to pay with; a number becomes its token, or is refused. */
export function readGivenToken(given: string | null, livemode: boolean): string | null | Refusal {
  if (given === null) return null
  const read = readToken(given, { livemode })
  if (read.kind === 'token') return read.token
  const expected = livemode ? 'a token: no card numbers' : 'a token, or the number of a test card'
  return refuseField('payment_method_token', 'a number', expected)
}
