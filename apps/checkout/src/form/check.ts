import type { Text } from '../text/en.ts'
import { isAccountNumber, isRoutingNumber } from './bank-account.ts'
import {
  brandOf,
  cardDigits,
  expiryProblem,
  isCompleteCard,
  parseExpiry,
  passesLuhn,
} from './card.ts'

/**
 * Whether the customer is typing in a field or has left it. While the customer types, the checks report
 * only errors that further typing cannot fix.
 */
export type Phase = 'typing' | 'left'

/** What is wrong with a field. `null`: nothing. */
type Problem = string | null

/** Checks a card number: length and check digit of its network. */
export function checkCardNumber(shown: string, phase: Phase, text: Text): Problem {
  const digits = cardDigits(shown)
  if (isCompleteCard(digits) && brandOf(digits).name !== '') {
    return passesLuhn(digits) || mayGrow(digits, phase) ? null : text.problems.cardWrong
  }
  if (phase === 'typing') return null
  if (digits === '') return text.problems.required
  if (!isCompleteCard(digits)) return text.problems.cardIncomplete
  return passesLuhn(digits) ? null : text.problems.cardWrong
}

/** Whether more digits may follow: Visa has numbers of 13, 16 and 19 digits. */
function mayGrow(digits: string, phase: Phase): boolean {
  return (
    phase === 'typing' &&
    digits.length < Math.max(...brandOf(digits).lengths) &&
    digits.length !== 16
  )
}

/** Checks the expiry of a card against the server's time. */
export function checkExpiry(shown: string, now: Date, phase: Phase, text: Text): Problem {
  const expiry = parseExpiry(shown)
  if (!expiry) {
    if (Number(shown.slice(0, 2)) > 12) return text.problems.expiryInvalid
    if (phase === 'typing') return null
    return shown === '' ? text.problems.required : text.problems.expiryIncomplete
  }
  switch (expiryProblem(expiry, now)) {
    case 'invalid':
      return text.problems.expiryInvalid
    case 'past':
      return text.problems.expiryPast
    case null:
      return null
  }
}

/** Checks the length of a security code, which depends on the card's network. */
export function checkCvc(digits: string, cardShown: string, phase: Phase, text: Text): Problem {
  const { cvcLength } = brandOf(cardDigits(cardShown))
  if (digits.length === cvcLength || phase === 'typing') return null
  return digits === '' ? text.problems.required : text.problems.cvcIncomplete(cvcLength)
}

/** Checks the form of an e-mail address. */
export function checkEmail(email: string, phase: Phase, text: Text): Problem {
  if (phase === 'typing') return null
  if (email.trim() === '') return text.problems.required
  return /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email.trim()) ? null : text.problems.email
}

/** Checks that the account holder is not empty. */
export function checkHolder(holder: string, phase: Phase, text: Text): Problem {
  return phase === 'left' && holder.trim() === '' ? text.problems.required : null
}

/** Checks a routing number with its check digit. */
export function checkRouting(digits: string, phase: Phase, text: Text): Problem {
  if (isRoutingNumber(digits)) return null
  if (digits.length === 9) return text.problems.routing
  if (phase === 'typing') return null
  return digits === '' ? text.problems.required : text.problems.routing
}

/** Checks the length of an account number. */
export function checkAccount(digits: string, phase: Phase, text: Text): Problem {
  if (phase === 'typing' || isAccountNumber(digits)) return null
  return digits === '' ? text.problems.required : text.problems.account
}
