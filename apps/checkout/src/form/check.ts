import type { Text } from '../text/en.ts'
import { isAccountNumber, isRoutingNumber } from './bank-account.ts'
import { brandOf, cardDigits, expiryProblem, isWholeCard, parseExpiry, passesLuhn } from './card.ts'

/** When a field is looked at: while it is typed only what can no longer become right is wrong. */
export type Moment = 'typing' | 'left'

type Problem = string | null

export function checkCardNumber(shown: string, moment: Moment, text: Text): Problem {
  const digits = cardDigits(shown)
  if (isWholeCard(digits) && brandOf(digits).name !== '') {
    return passesLuhn(digits) || mayGrow(digits, moment) ? null : text.problems.cardWrong
  }
  if (moment === 'typing') return null
  if (digits === '') return text.problems.required
  if (!isWholeCard(digits)) return text.problems.cardIncomplete
  return passesLuhn(digits) ? null : text.problems.cardWrong
}

/** A Visa with 13 digits may be one with 16 that is still being typed. */
function mayGrow(digits: string, moment: Moment): boolean {
  return (
    moment === 'typing' &&
    digits.length < Math.max(...brandOf(digits).lengths) &&
    digits.length !== 16
  )
}

export function checkExpiry(shown: string, now: Date, moment: Moment, text: Text): Problem {
  const expiry = parseExpiry(shown)
  if (!expiry) {
    if (Number(shown.slice(0, 2)) > 12) return text.problems.expiryInvalid
    if (moment === 'typing') return null
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

export function checkCvc(digits: string, cardShown: string, moment: Moment, text: Text): Problem {
  const { cvcLength } = brandOf(cardDigits(cardShown))
  if (digits.length === cvcLength || moment === 'typing') return null
  return digits === '' ? text.problems.required : text.problems.cvcIncomplete(cvcLength)
}

export function checkEmail(email: string, moment: Moment, text: Text): Problem {
  if (moment === 'typing') return null
  if (email.trim() === '') return text.problems.required
  return /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email.trim()) ? null : text.problems.email
}

export function checkHolder(holder: string, moment: Moment, text: Text): Problem {
  return moment === 'left' && holder.trim() === '' ? text.problems.required : null
}

export function checkRouting(digits: string, moment: Moment, text: Text): Problem {
  if (isRoutingNumber(digits)) return null
  if (digits.length === 9) return text.problems.routing
  if (moment === 'typing') return null
  return digits === '' ? text.problems.required : text.problems.routing
}

export function checkAccount(digits: string, moment: Moment, text: Text): Problem {
  if (moment === 'typing' || isAccountNumber(digits)) return null
  return digits === '' ? text.problems.required : text.problems.account
}
