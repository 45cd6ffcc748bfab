import { tokenOfNumber } from './sandbox/tokens.ts'

/** What a caller gave to pay with: a token, or a number that must not go any further. */
export type GivenToken =
  | { readonly kind: 'token'; readonly token: string }
  /** The number of a real card or account, or one that is not known: never stored, never logged. */
  | { readonly kind: 'number' }

/** 12 to 19 digits, as people write them: a card's number. Source: ISO/IEC 7812. */
const cardNumber = /^\d(?:[ -]?\d){11,18}$/
const account = /^(\d{9})[:/](\d{4,17})$/
/** Digits that look like a card's number within something else. */
const hidden = /\d(?:[ -]?\d){11,18}/

/**
 * Turns what a caller gave into a token. Numbers are taken in test mode only, only those of test
 * cards and accounts, and only as their token. Source: api.md, Sandbox.
 */
export function readToken(given: string, { livemode }: { livemode: boolean }): GivenToken {
  const bank = account.exec(given)
  if (bank || cardNumber.test(given)) {
    const number = bank ? `${bank[1]}:${bank[2]}` : given.replaceAll(/[ -]/g, '')
    const token = livemode ? null : tokenOfNumber(number)
    return token === null ? { kind: 'number' } : { kind: 'token', token }
  }
  return hidden.test(given) ? { kind: 'number' } : { kind: 'token', token: given }
}
