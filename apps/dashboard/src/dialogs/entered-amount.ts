import { formatForInput, formatMoney } from '@hedgepayments/contract/amounts'
import { decimalsOf } from '@hedgepayments/contract/currencies'
import { parseAmount } from '@hedgepayments/contract/parse-amount'

interface Bounds {
  readonly currency: string
  readonly maxMinor: number
  /** Completes the sentence "Enter at most …: …". */
  readonly maxReason: string
  /** Default: the browser's language. */
  readonly locale?: string
}

/** Reads an amount that the user typed. Returns minor units, or a message that says what is wrong. */
export function readAmount(
  text: string,
  { currency, maxMinor, maxReason, locale }: Bounds,
): { minor: number } | { problem: string } {
  const parsed = parseAmount(text, { currency, locale })
  const shown = (minor: number) => formatMoney({ minor, currency }, locale)
  const atMost = { problem: `Enter at most ${shown(maxMinor)}: ${maxReason}.` }
  if ('minor' in parsed) {
    if (parsed.minor < 1) return { problem: `Enter at least ${shown(1)}.` }
    return parsed.minor > maxMinor ? atMost : parsed
  }
  const example = formatForInput({ minor: maxMinor, currency }, locale)
  switch (parsed.problem) {
    case 'empty':
      return { problem: 'Enter an amount.' }
    case 'negative':
      return { problem: `Enter at least ${shown(1)}.` }
    case 'too_large':
      return atMost
    case 'too_many_decimals':
      return { problem: decimalsProblem(currency) }
    case 'ambiguous':
      return { problem: `That could be two amounts: enter it like ${example}, without grouping.` }
    case 'not_a_number':
      return { problem: `That is not an amount: enter it like ${example}.` }
    case 'unknown_currency':
      return { problem: `The dashboard does not know the decimals of ${currency}: use the API.` }
  }
}

function decimalsProblem(currency: string): string {
  const decimals = decimalsOf(currency)
  return decimals === 0
    ? `${currency} has no decimals.`
    : `${currency} has at most ${decimals} decimals.`
}
