import { holdsCardNumber } from './card-number.ts'

declare const brand: unique symbol

/** A processor's name for a card or bank account. It is never the number. */
export type PaymentToken = string & { readonly [brand]: 'PaymentToken' }

/** The characters of all processors' tokens. No percent sign, so nothing is percent-encoded. */
const shape = /^[A-Za-z0-9][A-Za-z0-9_.:~+/=$-]*$/
/**
 * Twelve digits, with or without other characters between them. They are refused even if they fail the
 * Luhn check, because people mistype card numbers. No token has as many digits in a row.
 */
const manyDigits = /\d(?:[^A-Za-z0-9]*\d){11}/

/** Why a token is refused. The error never repeats the input. */
export type TokenFault = 'a number' | 'something else'

/**
 * Parses a payment token. This is the only way to a `PaymentToken`, so every input passes it. It
 * refuses all texts that may contain a card number.
 */
export function parsePaymentToken(
  text: string,
): { readonly token: PaymentToken } | { readonly fault: TokenFault } {
  if (manyDigits.test(text) || holdsCardNumber(text)) return { fault: 'a number' }
  return shape.test(text) ? { token: text as PaymentToken } : { fault: 'something else' }
}
