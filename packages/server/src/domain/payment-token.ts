import { holdsCardNumber } from './card-number.ts'

declare const brand: unique symbol

/** What is paid with: a name that the processor gave to a card or account, never its number. */
export type PaymentToken = string & { readonly [brand]: 'PaymentToken' }

/** Every processor's tokens are made of these. No percent sign: nothing is encoded in them. */
const shape = /^[A-Za-z0-9][A-Za-z0-9_.:~+/=$-]*$/
/**
 * As many digits as the shortest card numbers have, with or without signs between: also where they
 * fail the Luhn check, since people mistype numbers. No token has as many in a row.
 */
const manyDigits = /\d(?:[^A-Za-z0-9]*\d){11}/

/** What is refused of a token, for the error, which never repeats what came. */
export type TokenFault = 'a number' | 'something else'

/**
 * The only way to a `PaymentToken`: every path on which one comes in goes through here. Whatever
 * could be the number of a card is refused, in whatever it is hidden.
 */
export function parsePaymentToken(
  text: string,
): { readonly token: PaymentToken } | { readonly fault: TokenFault } {
  if (manyDigits.test(text) || holdsCardNumber(text)) return { fault: 'a number' }
  return shape.test(text) ? { token: text as PaymentToken } : { fault: 'something else' }
}
