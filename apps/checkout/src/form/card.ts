/** A card network, and the format of its numbers. */
export interface Brand {
  readonly name: string
  readonly lengths: readonly number[]
  readonly cvcLength: number
  /** Number of digits between the spaces. */
  readonly groups: readonly number[]
}

const fours = [4, 4, 4, 4, 3] as const
const unknown: Brand = {
  name: '',
  lengths: [12, 13, 14, 15, 16, 17, 18, 19],
  cvcLength: 3,
  groups: fours,
}

/** Networks by the first digits of the number (ISO/IEC 7812), as the networks publish them. */
const brands: readonly (Brand & { readonly begins: RegExp })[] = [
  { name: 'Visa', begins: /^4/, lengths: [13, 16, 19], cvcLength: 3, groups: fours },
  {
    name: 'Mastercard',
    begins: /^(5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/,
    lengths: [16],
    cvcLength: 3,
    groups: fours,
  },
  {
    name: 'American Express',
    begins: /^3[47]/,
    lengths: [15],
    cvcLength: 4,
    groups: [4, 6, 5],
  },
  {
    name: 'Discover',
    begins: /^(6011|64[4-9]|65)/,
    lengths: [16, 17, 18, 19],
    cvcLength: 3,
    groups: fours,
  },
  {
    name: 'JCB',
    begins: /^35(2[89]|[3-8])/,
    lengths: [16, 17, 18, 19],
    cvcLength: 3,
    groups: fours,
  },
  {
    name: 'Diners Club',
    begins: /^3(0[0-5]|[689])/,
    lengths: [14],
    cvcLength: 3,
    groups: [4, 6, 4],
  },
]

/** The network of a number. Its name is empty until the first digits decide it. */
export function brandOf(digits: string): Brand {
  return brands.find(({ begins }) => begins.test(digits)) ?? unknown
}

/** The digits of a typed or pasted text, at most as many as the network uses. */
export function cardDigits(typed: string): string {
  const digits = typed.replace(/\D/g, '')
  return digits.slice(0, Math.max(...brandOf(digits).lengths))
}

/** Formats a number with the spaces of its network, as on the card. */
export function formatCard(digits: string): string {
  const parts: string[] = []
  let start = 0
  for (const length of brandOf(digits).groups) {
    if (start >= digits.length) break
    parts.push(digits.slice(start, start + length))
    start += length
  }
  return parts.join(' ')
}

/** Whether the number has a length that its network uses. */
export function isCompleteCard(digits: string): boolean {
  return brandOf(digits).lengths.includes(digits.length)
}

/** Checks the last digit by ISO/IEC 7812 (Luhn), which detects any single wrong digit. */
export function passesLuhn(digits: string): boolean {
  let sum = 0
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i])
    const doubled = i % 2 === 1 ? digit * 2 : digit
    sum += doubled > 9 ? doubled - 9 : doubled
  }
  return digits.length > 0 && sum % 10 === 0
}

/** Formats a typed expiry: `1`, `12 / 3`, `12 / 34`. */
export function formatExpiry(typed: string): string {
  let digits = typed.replace(/\D/g, '')
  // Browsers fill in 12/2034 or 2034-12.
  const filled = /^\s*(?:(\d{1,2})\s*[/-]\s*20(\d\d)|20(\d\d)\s*[/-]\s*(\d{1,2}))\s*$/.exec(typed)
  if (filled) digits = `${(filled[1] ?? filled[4] ?? '').padStart(2, '0')}${filled[2] ?? filled[3]}`
  if (/^[2-9]/.test(digits)) digits = `0${digits}`
  const month = digits.slice(0, 2)
  const year = digits.slice(2, 4)
  return year === '' ? month : `${month} / ${year}`
}

/** Why an expiry is not accepted. `null`: it is accepted. `month` counts from 1. */
export function expiryProblem(
  expiry: { readonly month: number; readonly year: number },
  now: Date,
): 'invalid' | 'past' | null {
  const { month, year } = expiry
  if (!(month >= 1 && month <= 12) || !Number.isInteger(year)) return 'invalid'
  // A card is valid to the end of its month. Tolerate the time zone of any holder.
  const end = Date.UTC(year, month, 1) + 14 * 3_600_000
  if (end <= now.getTime()) return 'past'
  return year > now.getUTCFullYear() + 30 ? 'invalid' : null
}

/** Month and year of a formatted expiry. `null`: it is not complete. */
export function parseExpiry(formatted: string): { month: number; year: number } | null {
  const match = /^(\d\d) \/ (\d\d)$/.exec(formatted)
  return match ? { month: Number(match[1]), year: 2000 + Number(match[2]) } : null
}
