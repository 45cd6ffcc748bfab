import {
  type PaymentToken,
  parsePaymentToken,
} from '../../../packages/server/src/domain/payment-token.ts'

/** Parses a token, for a direct call to a processor without the API. */
export function paymentToken(text: string): PaymentToken {
  const parsed = parsePaymentToken(text)
  if ('fault' in parsed) throw new Error(`${text} is not a token: ${parsed.fault}`)
  return parsed.token
}
