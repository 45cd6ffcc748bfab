import { type PaymentToken, parsePaymentToken, type TokenFault } from '../domain/payment-token.ts'
import { tokenOfNumber } from './sandbox/tokens.ts'

/** 12 to 19 digits, as people write them: a card's number. Source: ISO/IEC 7812. */
const cardNumber = /^\d(?:[ -]?\d){11,18}$/
const account = /^(\d{9})[:/](\d{4,17})$/

/**
 * Turns what a caller gave into a token. Numbers are taken in test mode only, only those of test
 * cards and accounts, and only as their token. Source: api.md, Sandbox.
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
