import { formatMoney as format } from '@hedgepayments/contract/amounts'

/** The language of the browser. */
const locale = undefined

/** Money for people: `$99.99`. */
export function formatMoney(minor: number, currency: string): string {
  return format({ minor, currency }, locale)
}

const dateTime = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium' })
const shortTime = new Intl.DateTimeFormat(locale, {
  month: 'short',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
})

/** A moment to the second, in the reader's time zone. */
export function formatMoment(timestamp: string): string {
  return dateTime.format(new Date(timestamp))
}

/** A moment for a list. */
export function formatShort(timestamp: string): string {
  return shortTime.format(new Date(timestamp))
}

const number = new Intl.NumberFormat(locale)

export function formatCount(count: number): string {
  return number.format(count)
}

export function formatPercent(share: number): string {
  return new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 }).format(share)
}

/** How long: `4 s`, `3 min`, `2 h`, `5 d`. */
export function formatAge(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`
  if (seconds < 172_800) return `${Math.floor(seconds / 3_600)} h`
  return `${Math.floor(seconds / 86_400)} d`
}

/** A countdown: `1:02:03`, `2:03`, `0:03`. */
export function formatCountdown(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000))
  const pad = (n: number) => String(n).padStart(2, '0')
  const rest = `${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}`
  const hours = Math.floor(seconds / 3_600)
  return hours > 0 ? `${hours}:${rest}` : rest.replace(/^0/, '')
}

/** `customer_requested` → `Customer requested`; what is not such a word stays as it is. */
export function humanize(word: string): string {
  if (!/^[a-z][a-z0-9_.]*$/.test(word)) return word
  const text = word.replaceAll(/[_.]/g, ' ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}
