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

/** While the customer types, only an error that more digits cannot fix counts as one. */
export type Phase = 'typing' | 'left'

/** What is wrong with a field. `null`: nothing. */
type Problem = string | null

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

/** Visa has numbers of 13, 16 and 19 digits, so 13 digits may be the start of 16. */
function mayGrow(digits: string, phase: Phase): boolean {
  return (
    phase === 'typing' &&
    digits.length < Math.max(...brandOf(digits).lengths) &&
    digits.length !== 16
  )
}

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

export function checkCvc(digits: string, cardShown: string, phase: Phase, text: Text): Problem {
  const { cvcLength } = brandOf(cardDigits(cardShown))
  if (digits.length === cvcLength || phase === 'typing') return null
  return digits === '' ? text.problems.required : text.problems.cvcIncomplete(cvcLength)
}

export function checkEmail(email: string, phase: Phase, text: Text): Problem {
  if (phase === 'typing') return null
  if (email.trim() === '') return text.problems.required
  return /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email.trim()) ? null : text.problems.email
}

export function checkHolder(holder: string, phase: Phase, text: Text): Problem {
  return phase === 'left' && holder.trim() === '' ? text.problems.required : null
}

export function checkRouting(digits: string, phase: Phase, text: Text): Problem {
  if (isRoutingNumber(digits)) return null
  if (digits.length === 9) return text.problems.routing
  if (phase === 'typing') return null
  return digits === '' ? text.problems.required : text.problems.routing
}

export function checkAccount(digits: string, phase: Phase, text: Text): Problem {
  if (phase === 'typing' || isAccountNumber(digits)) return null
  return digits === '' ? text.problems.required : text.problems.account
}
