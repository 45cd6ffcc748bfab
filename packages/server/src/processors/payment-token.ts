import { type PaymentToken, parsePaymentToken, type TokenFault } from '../domain/payment-token.ts'
import { tokenOfNumber } from './sandbox/tokens/tokens.ts'

/** A card number: 12 to 19 digits, with single spaces or hyphens. Source: ISO/IEC 7812. */
const cardNumber = /^\d(?:[ -]?\d){11,18}$/
const account = /^(\d{9})[:/](\d{4,17})$/

/**
 * Parses a payment token. In test mode, the number of a test card or test account is accepted too, and
 * becomes its token. Any other number is refused, and no number is ever stored.
 */
export function readToken(
  given: string,
  { livemode }: { livemode: boolean },
): { readonly token: PaymentToken } | { readonly fault: TokenFault } {
  const bank = account.exec(given)
  if (!bank && !cardNumber.test(given)) return parsePaymentToken(given)
  const number = bank ? `${bank[1]}:${bank[2]}` : given.replaceAll(/[ -]/g, '')
  const token = livemode ? null : tokenOfNumber(number)
  return token === null ? { fault: 'a number' } : parsePaymentToken(token)
}
