/** The check digit of a routing number of the American Bankers Association: weights 3, 7, 1. */
export function isRoutingNumber(digits: string): boolean {
  if (!/^\d{9}$/.test(digits)) return false
  const weights = [3, 7, 1]
  const sum = [...digits].reduce((so, digit, i) => so + Number(digit) * (weights[i % 3] ?? 0), 0)
  return sum > 0 && sum % 10 === 0
}

/** Account numbers have no check digit: 4 to 17 digits (Nacha). */
export function isAccountNumber(digits: string): boolean {
  return /^\d{4,17}$/.test(digits)
}
