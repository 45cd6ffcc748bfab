/** Fewer digits than a card's number has need no look. Source: ISO/IEC 7812. */
const digitsMin = 13
const digitsMax = 19

/** 13 or more digits, with anything but letters and digits between. */
const runs = /\d(?:[^a-zA-Z\d]*\d){12,}/g
/** Groups as they are printed on cards, with up to three letters or signs between. */
const groups = /\d{4,}(?:\D{1,3}\d{4,}){1,}/g

/**
 * Whether a text has a card's number in it: 13 to 19 digits that pass the Luhn check, in any script
 * that Unicode knows, in groups or not, percent-encoded or not, alone or within something else. Takes
 * time with the square of the length: for texts of a few hundred characters.
 */
export function holdsCardNumber(text: string): boolean {
  if (text.length < digitsMin) return false
  const plain = asciiDigits(text)
  return [...(plain.match(runs) ?? []), ...(plain.match(groups) ?? [])].some(holdsValidNumber)
}

/** The text with every decimal digit as an ASCII digit. */
export function asciiDigits(text: string): string {
  const decoded = text.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
  // Superscripts, circled and full-width digits become plain; other scripts have digits of their own.
  return decoded.normalize('NFKC').replaceAll(/[^\P{Nd}0-9]/gu, digitOf)
}

/** Unicode has the ten digits of a script in order, and the blocks of digits begin with a zero. */
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
