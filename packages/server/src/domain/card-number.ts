/** The length of a card number. Source: ISO/IEC 7812. */
const digitsMin = 13
const digitsMax = 19

/** 13 or more digits, with any characters but letters and digits between them. */
const runs = /\d(?:[^a-zA-Z\d]*\d){12,}/g
/** Groups as printed on cards, with up to three other characters between them. */
const groups = /\d{4,}(?:\D{1,3}\d{4,}){1,}/g

/**
 * Whether a text contains a card number: 13 to 19 digits that pass the Luhn check. The digits may be of
 * any script in Unicode, grouped, percent-encoded, or within other text. The time grows with the square
 * of the length, so use it for texts of a few hundred characters.
 */
export function holdsCardNumber(text: string): boolean {
  if (text.length < digitsMin) return false
  const plain = asciiDigits(text)
  return [...(plain.match(runs) ?? []), ...(plain.match(groups) ?? [])].some(holdsValidNumber)
}

/** Replaces every decimal digit of any script by an ASCII digit, and decodes percent signs. */
export function asciiDigits(text: string): string {
  const decoded = text.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
  // NFKC replaces superscript, circled and full-width digits. `digitOf` replaces those of other scripts.
  return decoded.normalize('NFKC').replaceAll(/[^\P{Nd}0-9]/gu, digitOf)
}

/** Unicode has the digits of each script in order, beginning with zero. */
function digitOf(digit: string): string {
  let before = 0
  for (let point = (digit.codePointAt(0) ?? 0) - 1; isDigit(point); point--) before++
  return String(before % 10)
}

function isDigit(point: number): boolean {
  return /\p{Nd}/u.test(String.fromCodePoint(point))
}

function holdsValidNumber(run: string): boolean {
  const digits = run.replaceAll(/\D/g, '')
  for (let start = 0; start + digitsMin <= digits.length; start++) {
    for (let end = start + digitsMin; end <= Math.min(start + digitsMax, digits.length); end++) {
      if (passesLuhn(digits.slice(start, end))) return true
    }
  }
  return false
}

/** Source: ISO/IEC 7812-1, annex B. */
function passesLuhn(digits: string): boolean {
  let sum = 0
  for (let at = 0; at < digits.length; at++) {
    const digit = Number(digits[digits.length - 1 - at])
    const doubled = at % 2 === 1 ? digit * 2 : digit
    sum += doubled > 9 ? doubled - 9 : doubled
  }
  return sum % 10 === 0 && Number(digits) !== 0
}
