import {
  type PaymentToken,
  parsePaymentToken,
} from '../../../packages/server/src/domain/payment-token.ts'

/** A token for a call that goes past the API, straight to a processor. */
export function paymentToken(text: string): PaymentToken {
  const parsed = parsePaymentToken(text)
  if ('fault' in parsed) throw new Error(`${text} is no token: ${parsed.fault}`)
  return parsed.token
}
