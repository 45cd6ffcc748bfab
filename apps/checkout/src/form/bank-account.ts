/** Checks a routing number of the American Bankers Association: nine digits, weights 3, 7, 1. */
export function isRoutingNumber(digits: string): boolean {
  if (!/^\d{9}$/.test(digits)) return false
  const weights = [3, 7, 1]
  const sum = [...digits].reduce(
    (total, digit, i) => total + Number(digit) * (weights[i % 3] ?? 0),
    0,
  )
  return sum > 0 && sum % 10 === 0
}

/** Checks an account number: 4 to 17 digits (Nacha). It has no check digit. */
export function isAccountNumber(digits: string): boolean {
  return /^\d{4,17}$/.test(digits)
}
