import { amountMinorMax, toDecimal } from '@hedgepayments/contract/amounts'
import { parseAmount } from '@hedgepayments/contract/parse-amount'
import { paymentStatuses } from '@hedgepayments/contract/values'
import type { PaymentFilter } from '../../api/payments.ts'

/** A search, as it stands in the address of the page. `from` and `to` are days: `2026-01-31`. */
export interface Search {
  readonly text: string
  readonly status: readonly string[]
  readonly from: string
  readonly to: string
}

/** Reads a search from the query of an address. Ignores invalid values. */
export function readSearch(params: URLSearchParams): Search {
  return {
    text: params.get('q') ?? '',
    status: params
      .getAll('status')
      .filter((status) => (paymentStatuses as readonly string[]).includes(status)),
    from: readDay(params.get('from')),
    to: readDay(params.get('to')),
  }
}

function readDay(text: string | null): string {
  return text !== null && /^\d{4}-\d{2}-\d{2}$/.test(text) ? text : ''
}

/** The address of the page with a search. `readSearch` is its inverse. */
export function searchUrl(search: Search): string {
  const params = new URLSearchParams()
  if (search.text !== '') params.set('q', search.text)
  for (const status of search.status) params.append('status', status)
  if (search.from !== '') params.set('from', search.from)
  if (search.to !== '') params.set('to', search.to)
  const text = params.toString()
  return text === '' ? '/payments' : `/payments?${text}`
}

/** A search text, parsed. */
export type ParsedText =
  | { readonly kind: 'all' }
  | { readonly kind: 'payment'; readonly id: string }
  | { readonly kind: 'filter'; readonly filter: PaymentFilter; readonly label: string }
  | { readonly kind: 'unclear' }

/**
 * Parses a search text: an id, an e-mail, the last four digits of a card or account, an amount, or
 * metadata as `key=value`. Four digits without a sign are the last four: as an amount they can be
 * written with decimals or a currency.
 */
export function parseSearchText(typed: string, locale?: string): ParsedText {
  const text = typed.trim()
  if (text === '') return { kind: 'all' }
  if (/^pay_[0-9a-z]+$/.test(text)) return { kind: 'payment', id: text }
  if (/^[^\s@=]+@[^\s@=]+$/.test(text)) {
    return { kind: 'filter', filter: { customer_email: text }, label: `E-mail is ${text}` }
  }
  if (/^cust_\w+$/.test(text)) {
    return { kind: 'filter', filter: { customer_id: text }, label: `Customer is ${text}` }
  }
  if (/^cs_[0-9a-z]+$/.test(text)) {
    const label = `Checkout session is ${text}`
    return { kind: 'filter', filter: { checkout_session_id: text }, label }
  }
  const last4 = /^[•*.…]*\s?(\d{4})$/.exec(text)?.[1]
  if (last4 !== undefined) {
    return { kind: 'filter', filter: { last4 }, label: `Card or account ends in ${last4}` }
  }
  const pair = /^([^=]{1,40})=(.{1,500})$/.exec(text)
  if (pair) {
    const key = pair[1]?.trim() ?? ''
    const value = pair[2]?.trim() ?? ''
    return {
      kind: 'filter',
      filter: { metadata: { key, value } },
      label: `Metadata ${key} is ${value}`,
    }
  }
  return parseAmountText(text, locale)
}

/** The common signs of currencies without decimals. */
const currencyOfSign: Readonly<Record<string, string>> = {
  '¥': 'JPY',
  '￥': 'JPY',
  '₩': 'KRW',
  '₫': 'VND',
  '₲': 'PYG',
}

/**
 * Parses `99.99`, `$99.99` or `99.99 EUR` to 9999 minor units, and `99` to 9900. Without a code or a
 * sign of a currency, an amount has two decimals.
 */
function parseAmountText(text: string, locale?: string): ParsedText {
  const match =
    /^([A-Za-z]{3}(?![A-Za-z])|[^\d\s.,+−-]{0,2})?\s?(\d.*?)\s?([A-Za-z]{3}|\p{Sc})?$/u.exec(text)
  if (!match) return { kind: 'unclear' }
  const [, before = '', number = '', after = ''] = match
  const named = before.trim() === '' ? after : before.trim()
  const code = /^[A-Za-z]{3}$/.test(named) ? named.toUpperCase() : (currencyOfSign[named] ?? 'USD')
  const parsed = parseAmount(number, { currency: code, locale })
  if (!('minor' in parsed)) return { kind: 'unclear' }
  const { minor } = parsed
  if (minor < 1 || minor > amountMinorMax) return { kind: 'unclear' }
  const label = `Amount is ${toDecimal({ minor, currency: code })}`
  return { kind: 'filter', filter: { amount: minor }, label }
}

/** The API's filter of a search. `null`: the search text cannot be parsed, or is a payment's id. */
export function toFilter(search: Search): PaymentFilter | null {
  const parsed = parseSearchText(search.text)
  if (parsed.kind === 'unclear' || parsed.kind === 'payment') return null
  return {
    ...(parsed.kind === 'filter' ? parsed.filter : {}),
    ...(search.status.length > 0 ? { status: search.status } : {}),
    ...(search.from === '' ? {} : { createdFrom: startOfDay(search.from, 0) }),
    ...(search.to === '' ? {} : { createdTo: startOfDay(search.to, 1) }),
  }
}

/** Start of a day in the user's time zone, `daysLater` days later. */
function startOfDay(day: string, daysLater: number): string {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number)
  return new Date(year, month - 1, date + daysLater).toISOString()
}
