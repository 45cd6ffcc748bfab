import { formatMoney as format } from '@hedgepayments/contract/amounts'

/** The language of the browser. */
const locale = undefined

/** Formats minor units: `$99.99`. */
export function formatMoney(minor: number, currency: string): string {
  return format({ minor, currency }, locale)
}

const longFormat = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium' })
const shortFormat = new Intl.DateTimeFormat(locale, {
  month: 'short',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
})

/** Formats a time to the second, in the user's time zone. */
export function formatTimestamp(timestamp: string): string {
  return longFormat.format(new Date(timestamp))
}

/** Formats a time to the minute, without the year, for a list. */
export function formatShortTimestamp(timestamp: string): string {
  return shortFormat.format(new Date(timestamp))
}

const countFormat = new Intl.NumberFormat(locale)

/** Formats a count: `1,204`. */
export function formatCount(count: number): string {
  return countFormat.format(count)
}

/** Formats a share from 0 to 1: `98.5%`. */
export function formatPercent(share: number): string {
  return new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 }).format(share)
}

/** Formats a duration by its largest unit: `4 s`, `3 min`, `2 h`, `5 d`. */
export function formatAge(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`
  if (seconds < 172_800) return `${Math.floor(seconds / 3_600)} h`
  return `${Math.floor(seconds / 86_400)} d`
}

/** Formats the time left: `1:02:03`, `2:03`, `0:03`. */
export function formatCountdown(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000))
  const pad = (n: number) => String(n).padStart(2, '0')
  const rest = `${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}`
  const hours = Math.floor(seconds / 3_600)
  return hours > 0 ? `${hours}:${rest}` : rest.replace(/^0/, '')
}

/** `customer_requested` → `Customer requested`. Other texts stay as they are. */
export function humanize(code: string): string {
  if (!/^[a-z][a-z0-9_.]*$/.test(code)) return code
  const text = code.replaceAll(/[_.]/g, ' ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}
